#include "xmpp/scram.hpp"

#include <doctest/doctest.h>

#include "scram_client.hpp"

using namespace mucbridge;

namespace {

/// A handshake, as far as it goes at once.
struct Exchange {
    Channel channel;
    LoginOffer offer{Login::accounts, "localhost", channel};
    std::string password = "pencil", salt = bytes_of("QSXCR+Q6sek8bf92"), ours = "3rfcNHYJY1ZVvWVs7j";
    unsigned iterations = 4096;

    std::unique_ptr<SaslScram> begin(std::string_view mechanism) {
        return std::make_unique<SaslScram>(mechanism, offer, ours);
    }
    ScramVerifier verifier(ScramHash hash) const { return make_scram_verifier(hash, password, salt, iterations); }
    /// The challenge to this first message.
    std::string challenge(SaslScram& scram, const std::string& first) {
        const auto lookup = scram.step(first);
        REQUIRE(std::holds_alternative<SaslLookup>(lookup));
        const auto step = scram.on_verifier(verifier(std::get<SaslLookup>(lookup).hash));
        REQUIRE(std::holds_alternative<SaslChallenge>(step));
        return std::get<SaslChallenge>(step).data;
    }
};

std::string condition_of(const SaslStep& step) {
    const auto* failure = std::get_if<SaslFailure>(&step);
    return failure ? failure->condition : "none";
}

const std::string first_bare = "n=user,r=fyko+d2lbbFgONRv9qkxdawL";

}  // namespace

TEST_CASE("the exchanges of RFC 5802 §5 and RFC 7677 §3 have our proofs and signatures") {
    const auto v1 = make_scram_verifier(ScramHash::sha1, "pencil", bytes_of("QSXCR+Q6sek8bf92"), 4096);
    const std::string text1 =
        "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j";
    CHECK(to_base64(scram_hmac(ScramHash::sha1, v1.server_key, text1)) == "rmF9pqV8S7suAoZWja4dJRkFsKQ=");
    CHECK(make_final(ScramHash::sha1, "pencil", "n,,", "n=user,r=fyko+d2lbbFgONRv9qkxdawL",
                     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096") ==
          "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    const auto v256 = make_scram_verifier(ScramHash::sha256, "pencil", bytes_of("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
    const std::string text256 =
        "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    CHECK(to_base64(scram_hmac(ScramHash::sha256, v256.server_key, text256)) ==
          "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    CHECK(make_final(ScramHash::sha256, "pencil", "n,,", "n=user,r=rOprNGfwEbeRWgbNEkqO",
                     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") ==
          "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
          "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
}

TEST_CASE("a right proof is let in and told that we have the verifier; every other is not") {
    for (const auto* mechanism : {"SCRAM-SHA-1", "SCRAM-SHA-256"}) {
        CAPTURE(mechanism);
        const auto hash = std::string_view(mechanism) == "SCRAM-SHA-1" ? ScramHash::sha1 : ScramHash::sha256;
        Exchange exchange;
        auto scram = exchange.begin(mechanism);
        const auto server_first = exchange.challenge(*scram, "n,," + first_bare);
        CHECK(server_first.starts_with("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,h="));
        const auto final = make_final(hash, "pencil", "n,,", first_bare, server_first);
        const auto step = scram->step(final);
        REQUIRE(std::holds_alternative<SaslSuccess>(step));
        CHECK(std::get<SaslSuccess>(step).username == "user");
        CHECK(std::get<SaslSuccess>(step).data.starts_with("v="));
        CHECK_MESSAGE(condition_of(scram->step(final)) == "malformed-request", "twice");

        for (std::size_t cut = 0; cut < final.size(); ++cut) {
            auto again = exchange.begin(mechanism);
            exchange.challenge(*again, "n,," + first_bare);
            CHECK(condition_of(again->step(final.substr(0, cut))) != "none");
        }
        for (std::size_t at = 0; at < final.size(); ++at) {
            auto again = exchange.begin(mechanism);
            exchange.challenge(*again, "n,," + first_bare);
            std::string changed = final;
            changed[at] = changed[at] == 'A' ? 'B' : 'A';
            CHECK(condition_of(again->step(changed)) != "none");
        }
        auto other = exchange.begin(mechanism);
        exchange.challenge(*other, "n,," + first_bare);
        const auto wrong = other->step(make_final(hash, "pencils", "n,,", first_bare, server_first));
        CHECK(condition_of(wrong) == "not-authorized");
        CHECK(std::get<SaslFailure>(wrong).claimed == "user");
        CHECK(std::get<SaslFailure>(wrong).text.empty());
        exchange.ours = "another";
        auto stale = exchange.begin(mechanism);
        exchange.challenge(*stale, "n,," + first_bare);
        CHECK_MESSAGE(condition_of(stale->step(final)) == "not-authorized", "the nonce of another handshake");
    }
}

TEST_CASE("first messages that are none are malformed, and ask nobody") {
    Exchange exchange;
    for (const std::string& first : std::vector<std::string>{"",
                                                             "n",
                                                             "n,",
                                                             "n,,",
                                                             "n,,n=user",
                                                             "n,,r=abc",
                                                             "n,,r=abc,n=user",
                                                             "x,,n=user,r=abc",
                                                             "n,,n=,r=abc",
                                                             "n,,n=user,r=",
                                                             "n,,n=us=er,r=abc",
                                                             "n,,n=us=2c,r=abc",
                                                             "n,,n=us=,r=abc",
                                                             "n,,m=x,n=user,r=abc",
                                                             "n,,n=user,r=abc,",
                                                             "n,,n=user,r=abc,,x=y",
                                                             "n,,n=user,r=abc,m=x",
                                                             "n,,n=user,r=abc,n=user",
                                                             "n,,n=user,r=abc,r=abc",
                                                             "n,,n=user,r=abc,x=y,x=y",
                                                             "n,,n=user,r=abc,x=",
                                                             "n,,n=user,r=abc,1=y",
                                                             "n,b=x,n=user,r=abc",
                                                             "n,a=,n=user,r=abc",
                                                             "n,,n=user,r=a\x7f",
                                                             "n,,n=user,r=a b",
                                                             "n,,n=user,r=" + std::string(1025, 'x'),
                                                             "n,,n=\xff,r=abc",
                                                             std::string("n,,n=us\0er,r=abc", 16)}) {
        CAPTURE(first);
        CHECK(condition_of(exchange.begin("SCRAM-SHA-1")->step(first)) == "malformed-request");
    }
    for (const std::string& first : std::vector<std::string>{"n,,n=a@b,r=abc", "n,,n=anon-1,r=abc", "n,,n=\x07,r=abc"})
        CHECK(condition_of(exchange.begin("SCRAM-SHA-1")->step(first)) == "not-authorized");
    CHECK(condition_of(exchange.begin("SCRAM-SHA-1")->step("n,a=juliet@localhost,n=user,r=abc")) == "invalid-authzid");
    const auto own = exchange.begin("SCRAM-SHA-1")->step("n,a=user@localhost,n=User,r=abc");
    REQUIRE(std::holds_alternative<SaslLookup>(own));
    CHECK(std::get<SaslLookup>(own).username == "user");
    CHECK(condition_of(exchange.begin("SCRAM-SHA-1")->on_verifier({})) == "malformed-request");
}

TEST_CASE("a proof counts where all stands in its order, and once; what else is said goes into it [RFC 5802 §5.1]") {
    const auto log_in = [](const std::string& first_extension, auto final_of) {
        Exchange exchange;
        auto scram = exchange.begin("SCRAM-SHA-1");
        const std::string bare = first_bare + first_extension;
        const auto server_first = exchange.challenge(*scram, "n,," + bare);
        return condition_of(
            scram->step(prove(ScramHash::sha1, "pencil", bare, server_first, final_of(nonce_in(server_first)))));
    };
    CHECK(log_in(",x=first", [](const std::string& nonce) { return "c=biws,r=" + nonce; }) == "none");
    CHECK(log_in("", [](const std::string& nonce) { return "c=biws,r=" + nonce + ",x=y,Z=z=,"; }) ==
          "malformed-request");
    CHECK(log_in("", [](const std::string& nonce) { return "c=biws,r=" + nonce + ",x=y,Z=z="; }) == "none");
    CHECK(log_in("", [](const std::string& nonce) { return "r=" + nonce + ",c=biws"; }) == "malformed-request");
    CHECK(log_in("", [](const std::string& nonce) { return "x=y,c=biws,r=" + nonce; }) == "malformed-request");
    for (const auto* more : {",c=biws", ",r=abc", ",m=x", ",x=y,x=y", ",p=AAAA", ",x", ",,x=y"})
        CHECK(log_in("", [more](const std::string& nonce) { return "c=biws,r=" + nonce + more; }) ==
              "malformed-request");
    CHECK(log_in("", [](const std::string& nonce) { return "c=eSws,r=" + nonce; }) == "not-authorized");
    CHECK(log_in("", [](const std::string& nonce) { return "c=bixhPXVzZXJAbG9jYWxob3N0LA==,r=" + nonce; }) ==
          "not-authorized");
}

TEST_CASE("channel binding: its types, its bytes, and nobody talked out of it [RFC 5802 §6, XEP-0440]") {
    Exchange exchange;
    exchange.channel.is_encrypted = true;
    exchange.channel.tls_exporter = "exported";
    exchange.channel.tls_server_end_point = "the certificate";
    CHECK(offered_bindings(exchange.offer) == std::vector<std::string_view>{"tls-exporter", "tls-server-end-point"});
    for (const auto& [type, bytes] :
         {std::pair{"tls-exporter", "exported"}, {"tls-server-end-point", "the certificate"}}) {
        const std::string header = std::string("p=") + type + ",,";
        auto scram = exchange.begin("SCRAM-SHA-256-PLUS");
        const auto server_first = exchange.challenge(*scram, header + first_bare);
        CHECK(std::holds_alternative<SaslSuccess>(
            scram->step(make_final(ScramHash::sha256, "pencil", header, first_bare, server_first, bytes))));
        for (const auto* other : {"", "exporte", "another channel"}) {
            auto again = exchange.begin("SCRAM-SHA-256-PLUS");
            exchange.challenge(*again, header + first_bare);
            CHECK(condition_of(again->step(make_final(ScramHash::sha256, "pencil", header, first_bare, server_first,
                                                      other))) == "not-authorized");
        }
    }
    const auto refused = [&](std::string_view mechanism, const std::string& header) {
        return condition_of(exchange.begin(mechanism)->step(header + first_bare)) == "not-authorized";
    };
    CHECK_MESSAGE(refused("SCRAM-SHA-1", "y,,"), "we have it, and the client was told that we have not");
    CHECK(refused("SCRAM-SHA-1-PLUS", "y,,"));
    CHECK(refused("SCRAM-SHA-1-PLUS", "n,,"));
    CHECK(refused("SCRAM-SHA-1", "p=tls-exporter,,"));
    CHECK(refused("SCRAM-SHA-1-PLUS", "p=tls-unique,,"));
    CHECK(refused("SCRAM-SHA-1-PLUS", "p=,,"));
    CHECK(!refused("SCRAM-SHA-1", "n,,"));
    SUBCASE("tls-unique is not on offer, and taken from who knows nothing else") {
        exchange.channel.tls_unique = "finished";
        CHECK(offered_bindings(exchange.offer).size() == 2);
        auto scram = exchange.begin("SCRAM-SHA-256-PLUS");
        const auto server_first = exchange.challenge(*scram, "p=tls-unique,," + first_bare);
        CHECK(std::holds_alternative<SaslSuccess>(scram->step(
            make_final(ScramHash::sha256, "pencil", "p=tls-unique,,", first_bare, server_first, "finished"))));
    }
    Exchange plain;
    CHECK_MESSAGE(condition_of(plain.begin("SCRAM-SHA-1")->step("y,," + first_bare)) == "none", "we have none");
}

TEST_CASE("the offer's hash is as XEP-0474 §6.1 has it") {
    CHECK(to_base64(
              scram_hash(ScramHash::sha1, "SCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1ftls-exporter\x1etls-server-end-point")) ==
          "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
    Exchange exchange;
    const auto hash = [&] {
        auto scram = exchange.begin("SCRAM-SHA-1");
        const auto first = exchange.challenge(*scram, "n,," + first_bare);
        return first.substr(first.find(",h=") + 3);
    };
    CHECK(hash() == to_base64(scram_hash(ScramHash::sha1, "SCRAM-SHA-1\x1eSCRAM-SHA-256")));
    exchange.channel.is_encrypted = true;
    exchange.channel.tls_exporter = exchange.channel.tls_server_end_point = "x";
    CHECK(hash() ==
          to_base64(scram_hash(ScramHash::sha1,
                               "PLAIN\x1eSCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1eSCRAM-SHA-256\x1eSCRAM-SHA-256-PLUS"
                               "\x1ftls-exporter\x1etls-server-end-point")));
}
