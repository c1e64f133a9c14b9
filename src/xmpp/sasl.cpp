#include "xmpp/sasl.hpp"

#include <algorithm>

#include "core/jid.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view anonymous_prefix = "anon-";

bool is_reserved(std::string_view name) { return name.substr(0, anonymous_prefix.size()) == anonymous_prefix; }

/// RFC 6120 §6.3.8: an authorization identity is a bare JID; acting for somebody else is nobody's right here.
bool may_act_as(const std::string& authzid, const Jid& self) {
    if (authzid.empty())
        return true;
    const auto wanted = Jid::parse(authzid);
    return wanted && *wanted == self;
}

}  // namespace

std::vector<std::string_view> offered_mechanisms(Login login) {
    switch (login) {
        case Login::open:
            return {"PLAIN", "ANONYMOUS"};
        case Login::anonymous:
            return {"ANONYMOUS"};
        case Login::accounts:
        case Login::broker:
            break;
    }
    return {};
}

std::string make_anonymous_name() { return std::string(anonymous_prefix) + make_random_hex(8); }

SaslStep SaslPlain::start(const std::optional<std::string>& initial) const {
    return initial ? step(*initial) : SaslStep(SaslChallenge{});
}

SaslStep SaslPlain::step(const std::string& response) const {
    const auto first = response.find('\0');
    const auto second = first == std::string::npos ? first : response.find('\0', first + 1);
    if (second == std::string::npos || response.find('\0', second + 1) != std::string::npos)
        return SaslFailure{"malformed-request", "want authzid NUL name NUL password"};
    if (!is_utf8(response))
        return SaslFailure{"malformed-request", "want UTF-8"};
    const auto name = Jid::prepare_local(std::string_view(response).substr(first + 1, second - first - 1));
    if (!name)
        return SaslFailure{"not-authorized", name.error().text};
    if (is_reserved(*name))
        return SaslFailure{"not-authorized", "names that begin with anon- are for anonymous sessions"};
    if (!may_act_as(response.substr(0, first), Jid{*name, domain_, {}}))
        return SaslFailure{"invalid-authzid", "want your own bare JID, or nothing"};
    return SaslVerify{*name, response.substr(second + 1)};
}

SaslStep SaslAnonymous::start(const std::optional<std::string>& initial) { return step(initial.value_or("")); }

SaslStep SaslAnonymous::step(const std::string& response) {
    // RFC 4505 §2: a trace is at most 255 characters of UTF-8.
    if (!is_utf8(response) || count_characters(response) > 255)
        return SaslFailure{"malformed-request", "want at most 255 characters of UTF-8"};
    return SaslSuccess{make_anonymous_name(), true};
}

std::optional<SaslHandshake> SaslHandshake::begin(std::string_view mechanism, Login login, const std::string& domain) {
    const auto offered = offered_mechanisms(login);
    if (std::find(offered.begin(), offered.end(), mechanism) == offered.end())
        return std::nullopt;
    if (mechanism == "PLAIN")
        return SaslHandshake(SaslPlain(domain));
    return SaslHandshake(SaslAnonymous());
}

SaslStep SaslHandshake::start(const std::optional<std::string>& initial) {
    return std::visit([&](auto& mechanism) { return mechanism.start(initial); }, mechanism_);
}

SaslStep SaslHandshake::step(const std::string& response) {
    return std::visit([&](auto& mechanism) { return mechanism.step(response); }, mechanism_);
}

}  // namespace mucbridge
