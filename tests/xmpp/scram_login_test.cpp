// Logins by SCRAM over a whole stream; the mechanism by itself is scram_test.cpp's.
#include <doctest/doctest.h>

#include "scram_client.hpp"
#include "talk.hpp"

using namespace mucbridge;

namespace {

const std::string first_bare = "n=romeo,r=fyko+d2lbbFgONRv9qkxdawL";

Channel encrypted() {
    Channel channel;
    channel.is_encrypted = true;
    channel.tls_exporter = "exported";
    channel.tls_server_end_point = "the certificate";
    return channel;
}

Channel clear(Channel::Starttls starttls) {
    Channel channel;
    channel.starttls = starttls;
    return channel;
}

bool is_failure(std::string_view output, std::string_view condition) {
    return output.starts_with("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><" + std::string(condition) + "/>");
}

std::string make_response(const std::string& text) {
    return "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + text + "</response>";
}

/// A stream whose host has one account: romeo's, whose password is "pencil".
struct ScramStream : Talk {
    std::function<void()> find;

    explicit ScramStream(Channel channel) : Talk(Login::accounts) {
        host.find_verifier = [this](Session&, const std::string& name, ScramHash hash, auto answer) {
            find = [name, hash, answer] {
                answer(make_scram_verifier(hash, name == "romeo" ? "pencil" : "not this one", "salt", 1));
            };
            if (!is_slow)
                find();
        };
        session.emplace(7, options, host, at(0), std::move(channel));
        features = say(client_header);
    }

    /// What the challenge to this first message says.
    std::string begin(std::string_view mechanism, const std::string& header) {
        return challenge_in(say(make_auth(mechanism, to_base64(header + first_bare))));
    }
    static std::string challenge_in(const std::string& output) {
        constexpr std::string_view begins = "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
        REQUIRE(output.starts_with(begins));
        return *parse_base64(output.substr(begins.size(), output.find("</") - begins.size()));
    }

    std::string features;
};

std::string right_response(const std::string& server_first) {
    return make_response(to_base64(make_final(ScramHash::sha256, "pencil", "n,,", first_bare, server_first)));
}

}  // namespace

TEST_CASE("under TLS the channels that a login can be bound to are listed [XEP-0440 §2]") {
    CHECK(ScramStream(encrypted())
              .features.ends_with(
                  "<mechanism>SCRAM-SHA-256-PLUS</mechanism><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
                  "<mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism>"
                  "</mechanisms><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/>"
                  "<channel-binding type='tls-server-end-point'/></sasl-channel-binding></stream:features>"));
    const auto offered = ScramStream(clear(Channel::Starttls::offered)).features;
    CHECK(holds(offered, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
    CHECK(holds(offered, "<mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>"));
    CHECK(ScramStream(clear(Channel::Starttls::required))
              .features.ends_with("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
                                  "</starttls></stream:features>"));
}

TEST_CASE("SCRAM, over a stream: the success says who we are, too [RFC 6120 §6.4.6, RFC 5802 §5]") {
    ScramStream stream(encrypted());
    const auto server_first = stream.begin("SCRAM-SHA-256-PLUS", "p=tls-exporter,,");
    const auto final =
        make_final(ScramHash::sha256, "pencil", "p=tls-exporter,,", first_bare, server_first, "exported");
    const auto out = stream.say(make_response(to_base64(final)));
    const auto kept = make_scram_verifier(ScramHash::sha256, "pencil", "salt", 1);
    const auto signed_text = first_bare + "," + server_first + "," + final.substr(0, final.rfind(",p="));
    CHECK(out == "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
                     to_base64("v=" + to_base64(scram_hmac(ScramHash::sha256, kept.server_key, signed_text))) +
                     "</success>");
    CHECK(to_string(stream.session->jid()) == "romeo@localhost");
    CHECK(holds(stream.say(client_header), "<bind "));
}

TEST_CASE("without TLS SCRAM lets in as well, where TLS is not required") {
    ScramStream stream(clear(Channel::Starttls::offered));
    CHECK(stream.say(right_response(stream.begin("SCRAM-SHA-256", "n,,"))).starts_with("<success "));
    ScramStream strict(clear(Channel::Starttls::required));
    for (const auto* mechanism : {"SCRAM-SHA-256", "PLAIN"})
        CHECK(is_failure(strict.say(make_auth(mechanism, to_base64("n,," + first_bare))), "encryption-required"));
}

TEST_CASE("a handshake goes on with what it waits for, or is over") {
    ScramStream stream(encrypted());
    const auto server_first = stream.begin("SCRAM-SHA-256", "n,,");
    SUBCASE("wrong base64") { CHECK(is_failure(stream.say(make_response("c=biws")), "incorrect-encoding")); }
    SUBCASE("nothing") { CHECK(is_failure(stream.say(make_response("")), "malformed-request")); }
    SUBCASE("the first message again") {
        CHECK(is_failure(stream.say(make_response(to_base64("n,," + first_bare))), "malformed-request"));
    }
    SUBCASE("an abort [RFC 6120 §6.4.4]") {
        CHECK(is_failure(stream.say("<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"), "aborted"));
    }
    SUBCASE("another handshake, whose nonce is another [RFC 6120 §6.4.2]") {
        CHECK(nonce_in(stream.begin("SCRAM-SHA-256", "n,,")) != nonce_in(server_first));
    }
    CHECK(!stream.say(right_response(server_first)).starts_with("<success "));
}

TEST_CASE("a name that nobody has gets a challenge, and the answer of a wrong proof") {
    ScramStream stream(encrypted());
    const std::string bare = "n=nobody,r=abc";
    const auto server_first = ScramStream::challenge_in(stream.say(make_auth("SCRAM-SHA-1", to_base64("n,," + bare))));
    const auto nobody =
        stream.say(make_response(to_base64(make_final(ScramHash::sha1, "pencil", "n,,", bare, server_first))));
    const auto mine = stream.begin("SCRAM-SHA-1", "n,,");
    const auto wrong =
        stream.say(make_response(to_base64(make_final(ScramHash::sha1, "wrong", "n,,", first_bare, mine))));
    CHECK(nobody == wrong);
    CHECK(wrong == "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
}

TEST_CASE("what is said while a verifier is looked up waits for it, and a late one is for nobody") {
    ScramStream stream(encrypted());
    stream.is_slow = true;
    CHECK(stream.say(make_auth("SCRAM-SHA-256", to_base64("n,," + first_bare))).empty());
    CHECK(!stream.session->wants_bytes());
    CHECK(stream.say("<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>").empty());
    const auto found = stream.find;
    found();
    const auto out = stream.take();
    CHECK(out.starts_with("<challenge "));
    CHECK(holds(out, "<aborted/>"));
    found();
    CHECK(stream.take().empty());
    CHECK(is_failure(stream.say(right_response(ScramStream::challenge_in(out))), "malformed-request"));
}

TEST_CASE("what was begun in the clear is not gone on with under TLS [RFC 6120 §5.4.3.3]") {
    ScramStream stream(clear(Channel::Starttls::offered));
    const auto server_first = stream.begin("SCRAM-SHA-256", "n,,");
    stream.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    REQUIRE(stream.session->wants_tls());
    CHECK(stream.say(right_response(server_first)).empty());
    stream.session->on_encrypted(encrypted());
    stream.say(client_header);
    CHECK(is_failure(stream.say(right_response(server_first)), "malformed-request"));
    CHECK(stream.session->jid().empty());
}
