#include "xmpp/sasl.hpp"

#include <algorithm>

#include "core/jid.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xmpp/scram.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view anonymous_prefix = "anon-";

/// RFC 4616: one message, "authzid NUL authcid NUL password".
class SaslPlain final : public SaslMechanism {
public:
    explicit SaslPlain(std::string domain) : domain_(std::move(domain)) {}

    SaslStep step(const std::string& response) override {
        const auto first = response.find('\0');
        const auto second = first == std::string::npos ? first : response.find('\0', first + 1);
        if (second == std::string::npos || response.find('\0', second + 1) != std::string::npos)
            return SaslFailure{"malformed-request", "want authzid NUL name NUL password"};
        if (!is_utf8(response))
            return SaslFailure{"malformed-request", "want UTF-8"};
        const auto name = parse_login_name(std::string_view(response).substr(first + 1, second - first - 1));
        if (!name)
            return SaslFailure{"not-authorized", name.error().text};
        if (!may_act_as(response.substr(0, first), Jid{*name, domain_, {}}))
            return SaslFailure{"invalid-authzid", "want your own bare JID, or nothing"};
        return SaslVerify{*name, response.substr(second + 1)};
    }

private:
    std::string domain_;
};

/// RFC 4505. The trace data is for an operator's eyes at best, and nobody vouches for it: it is not kept.
class SaslAnonymous final : public SaslMechanism {
public:
    SaslStep start(const std::optional<std::string>& initial) override { return step(initial.value_or("")); }
    SaslStep step(const std::string& response) override {
        // RFC 4505 §2: a trace is at most 255 characters of UTF-8.
        if (!is_utf8(response) || count_characters(response) > 255)
            return SaslFailure{"malformed-request", "want at most 255 characters of UTF-8"};
        return SaslSuccess{make_anonymous_name(), true};
    }
};

/// RFC 4422 appendix A, XEP-0178: who the client's certificate says it is.
class SaslExternal final : public SaslMechanism {
public:
    explicit SaslExternal(std::vector<Jid> own) : own_(std::move(own)) {}

    SaslStep step(const std::string& response) override {
        if (response.empty() && own_.size() == 1)
            return SaslSuccess{own_.front().local};
        const auto wanted = Jid::parse(response);
        if (!wanted || std::find(own_.begin(), own_.end(), *wanted) == own_.end())
            return SaslFailure{"invalid-authzid", "want a bare JID that your certificate has"};
        return SaslSuccess{wanted->local};
    }

private:
    std::vector<Jid> own_;
};

/// The accounts here that a certificate is for.
std::vector<Jid> certified_here(const LoginOffer& offer) {
    std::vector<Jid> own;
    for (const Jid& jid : offer.channel.certified)
        if (jid.is_bare() && jid.domain == offer.domain && !jid.local.empty() && parse_login_name(jid.local))
            own.push_back(jid);
    return own;
}

constexpr std::string_view every_mechanism[] = {
    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "EXTERNAL", "ANONYMOUS"};

bool is_among(std::string_view name, const std::vector<std::string_view>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<std::string> parse_login_name(std::string_view text) {
    auto name = Jid::prepare_local(text);
    if (name && name->starts_with(anonymous_prefix))
        return Error{"names that begin with ", anonymous_prefix, " are for anonymous sessions"};
    return name;
}

bool may_act_as(const std::string& authzid, const Jid& self) {
    if (authzid.empty())
        return true;
    const auto wanted = Jid::parse(authzid);
    return wanted && *wanted == self;
}

std::string make_anonymous_name() { return std::string(anonymous_prefix) + make_random_hex(8); }

std::vector<std::string_view> offered_bindings(const LoginOffer& offer) {
    std::vector<std::string_view> out;
    const Channel& channel = offer.channel;
    if (!channel.is_encrypted || offer.login != Login::accounts)
        return out;
    if (!channel.tls_exporter.empty())
        out.emplace_back("tls-exporter");
    if (!channel.tls_server_end_point.empty())
        out.emplace_back("tls-server-end-point");
    return out;
}

std::vector<std::string_view> offered_mechanisms(const LoginOffer& offer) {
    const Channel& channel = offer.channel;
    if (channel.starttls == Channel::Starttls::required)
        return {};
    std::vector<std::string_view> out;
    if (!certified_here(offer).empty())
        out.emplace_back("EXTERNAL");
    switch (offer.login) {
        case Login::open:
            out.emplace_back("PLAIN");
            out.emplace_back("ANONYMOUS");
            break;
        case Login::anonymous:
            out.emplace_back("ANONYMOUS");
            break;
        case Login::accounts:
            if (!offered_bindings(offer).empty()) {
                out.emplace_back("SCRAM-SHA-256-PLUS");
                out.emplace_back("SCRAM-SHA-1-PLUS");
            }
            out.emplace_back("SCRAM-SHA-256");
            out.emplace_back("SCRAM-SHA-1");
            [[fallthrough]];
        case Login::broker:
            if (channel.is_encrypted)
                out.emplace_back("PLAIN");
            break;
    }
    return out;
}

std::variant<std::unique_ptr<SaslMechanism>, SaslFailure> begin_sasl(std::string_view mechanism,
                                                                     const LoginOffer& offer) {
    if (!is_among(mechanism, offered_mechanisms(offer))) {
        const bool is_known = std::ranges::find(every_mechanism, mechanism) != std::end(every_mechanism);
        if (is_known && !offer.channel.is_encrypted &&
            (offer.channel.starttls == Channel::Starttls::required ||
             (mechanism == "PLAIN" && offer.login != Login::anonymous)))
            return SaslFailure{"encryption-required", "want TLS first"};
        if (mechanism == "EXTERNAL" && offer.channel.is_encrypted)
            return SaslFailure{"not-authorized", "want a client certificate of our authority, with an address here"};
        return SaslFailure{"invalid-mechanism", "want one of the mechanisms on offer"};
    }
    if (mechanism == "PLAIN")
        return std::make_unique<SaslPlain>(offer.domain);
    if (mechanism == "ANONYMOUS")
        return std::make_unique<SaslAnonymous>();
    if (mechanism == "EXTERNAL")
        return std::make_unique<SaslExternal>(certified_here(offer));
    return std::make_unique<SaslScram>(mechanism, offer);
}

}  // namespace mucbridge
