// A stream from its header to its login. Each line of the input is XML, or a word of the client's:
//   #header            #starttls           #tls: shakes hands, where the session waits for it
//   #auth MECHANISM MESSAGE                #response MESSAGE, both to be sent in base64
//   #answer: the host answers what it was asked first
#include <deque>
#include <functional>

#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/sasl_client.hpp"
#include "fuzz/sasl_exchange.hpp"
#include "xmpp/base64.hpp"
#include "xmpp/session.hpp"

namespace mucbridge::fuzz {

namespace {

constexpr Now now{Tick(std::chrono::seconds(1)), WallTime(std::chrono::seconds(1795361258))};
constexpr std::string_view client_header =
    "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr std::string_view starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/// What stands between the two, wherever it does.
template <class See>
void for_each_between(std::string_view text, std::string_view begin, std::string_view end, See see) {
    for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin)) {
        text.remove_prefix(at + begin.size());
        see(text.substr(0, text.find(end)));
    }
}

class LoginStream {
public:
    LoginStream(const LoginOffer& offer, Channel under_tls, bool is_slow, bool has_legacy_auth)
        : channel_(offer.channel), under_tls_(std::move(under_tls)), is_slow_(is_slow) {
        options_.domain = offer.domain;
        options_.login = offer.login;
        options_.legacy_auth = has_legacy_auth;
        make_host();
        session_.emplace(1, options_, host_, now, channel_);
    }

    bool is_over() const { return session_->is_over() || session_->is_bound(); }

    void play(std::string_view line) {
        final_.clear();
        is_vouched_for_ = false;
        if (line == "#tls")
            shake_hands();
        else if (line == "#answer")
            answer();
        else
            feed(make_xml(line));
        hear(session_->take_output());
    }

private:
    void make_host() {
        host_.authenticate = [this](Session&, const std::string& name, const std::string& given,
                                    std::function<void(LoginAnswer)> take) {
            check(channel_.is_encrypted || options_.login == Login::open, "no password is asked for in the clear");
            const bool is_right = options_.login == Login::open || (name == account && given == password);
            later([this, is_right, take = std::move(take)] {
                is_vouched_for_ = is_right;
                take(is_right ? LoginAnswer::right : LoginAnswer::wrong);
            });
        };
        host_.find_verifier = [this](Session&, const std::string& name, ScramHash hash, auto take) {
            check(options_.login == Login::accounts, "verifiers are of accounts");
            later([name, hash, take = std::move(take)] { take(verifier_of(name, hash)); });
        };
        host_.delay_refusal = [this](Session&, const std::string&, std::function<void(bool)> take) {
            later([take = std::move(take)] { take(true); });
        };
        host_.bind = [](Session& who, std::string resource, auto take) {
            take(who.jid().with_resource(std::move(resource)));
        };
        host_.on_stanza = [](Session&, const Element&, std::uint64_t) {};
        host_.on_end = [](Session&, const std::string&) {};
    }

    void later(std::function<void()> answer) {
        if (is_slow_)
            asked_.push_back(std::move(answer));
        else
            answer();
    }

    void answer() {
        if (asked_.empty())
            return;
        auto first = std::move(asked_.front());
        asked_.pop_front();
        first();
    }

    /// RFC 6120 §5.4.3.3: what came in the clear, even in the same packet, is forgotten.
    void shake_hands() {
        if (!session_->wants_tls())
            return;
        channel_ = under_tls_;
        is_stale_ = true;
        session_->on_encrypted(channel_);
        check(session_->unwritten().empty(), "nothing is said before the header under TLS");
    }

    void feed(const std::string& bytes) {
        const bool was_deaf = session_->wants_tls();
        session_->on_bytes(bytes, now);
        check(!was_deaf || session_->unwritten().empty(), "nothing is heard between STARTTLS and the handshake");
    }

    std::string make_xml(std::string_view line) {
        if (line == "#header")
            return std::string(client_header);
        if (line == "#starttls")
            return std::string(starttls);
        constexpr std::string_view auth = "#auth ", response = "#response ";
        if (line.starts_with(auth)) {
            line.remove_prefix(auth.size());
            const auto space = line.find(' ');
            talk_ = {std::string(line.substr(0, space)), {}, {}};
            is_stale_ = false;
            talk_.first = space == std::string_view::npos ? "" : line.substr(space + 1);
            std::string mechanism;
            for (const char byte : talk_.mechanism)
                mechanism += byte == '-' || (byte >= '0' && byte <= 'Z') ? byte : '?';
            return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + mechanism + "'>" +
                   (talk_.first.empty() ? "=" : to_base64(talk_.first)) + "</auth>";
        }
        if (line.starts_with(response)) {
            final_ = talk_.fill_in(std::string(line.substr(response.size())), channel_);
            return "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + to_base64(final_) + "</response>";
        }
        // How SCRAM begins has to be known, to judge how it ends.
        return line.find("SCRAM") == std::string_view::npos ? std::string(line) : std::string();
    }

    void hear(const std::string& output) {
        check(is_xml_text(output), "what is said is text");
        for_each_between(output, "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>", "</challenge>",
                         [this](std::string_view challenge) {
                             const auto bytes = parse_base64(challenge);
                             check(bytes.has_value(), "a challenge is base64", challenge);
                             talk_.server_first = *bytes;
                         });
        for_each_between(output, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><", "/>",
                         [](std::string_view name) { check(is_sasl_condition(name), "a refusal has a name", name); });
        for_each_between(output, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'", "/", [this](std::string_view) {
            check(!std::exchange(is_in_, true), "a login succeeds once");
            judge_login();
        });
        if (session_->is_bound() && !std::exchange(is_in_, true))
            check(is_vouched_for_ && options_.legacy_auth && channel_.is_encrypted, "nobody is bound without a login");
        if (output.find("<mechanisms") != std::string::npos)
            check(channel_.starttls != Channel::Starttls::required, "no login is offered before TLS that is required");
    }

    void judge_login() const {
        check(channel_.starttls != Channel::Starttls::required, "nobody is in before TLS that is required");
        const Jid& who = session_->jid();
        if (who.local.starts_with("anon-"))
            return check(options_.login == Login::open || options_.login == Login::anonymous,
                         "few logins are nobody's");
        const bool is_certified = channel_.is_encrypted && std::ranges::count(channel_.certified, who.bare()) > 0;
        const bool is_proven = !is_stale_ && options_.login == Login::accounts && who.local == account &&
                               talk_.mechanism.starts_with("SCRAM-") && talk_.proves(final_, channel_);
        check(is_vouched_for_ || is_certified || is_proven, "nobody comes in without a proof", to_string(who));
    }

    SessionOptions options_;
    SessionHost host_;
    Channel channel_, under_tls_;
    const bool is_slow_;
    std::optional<Session> session_;
    std::deque<std::function<void()>> asked_;
    ScramTalk talk_;
    bool is_stale_ = false;  // it was begun before TLS
    std::string final_;
    bool is_vouched_for_ = false;  // by the host, in this step
    bool is_in_ = false;
};

}  // namespace

void play_login(Input& input, const LoginOffer& offer, const Channel& under_tls) {
    const std::size_t manner = input.choose(3);
    LoginStream stream(offer, under_tls, (manner & 1) != 0, (manner & 2) != 0);
    while (!input.rest().empty() && !stream.is_over())
        stream.play(input.take_line());
}

}  // namespace mucbridge::fuzz
