#include "xmpp/stream.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/jid.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xml/writer.hpp"

namespace mucbridge {

namespace {

/// "1.0" is 1; nothing where it is not "major.minor".
std::optional<unsigned> parse_major_version(std::string_view text) {
    unsigned major = 0;
    unsigned minor = 0;
    const char* end = text.data() + text.size();
    const auto [dot, first] = std::from_chars(text.data(), end, major);
    if (first != std::errc() || dot == end || *dot != '.')
        return std::nullopt;
    const auto [rest, second] = std::from_chars(dot + 1, end, minor);
    if (second != std::errc() || rest != end)
        return std::nullopt;
    return major;
}

std::string quote(std::string_view text) { return "'" + to_log_text(cut_utf8(text, 80)) + "'"; }

}  // namespace

std::optional<StreamError> judge_header(const Element& header, const std::string& domain, bool may_be_old) {
    if (header.ns != ns::streams)
        return StreamError{"invalid-namespace", "want a stream in '" + std::string(ns::streams) + "'"};
    if (header.name != "stream")
        return StreamError{"bad-format", "want <stream>, got <" + to_log_text(cut_utf8(header.name, 80)) + ">"};
    if (header.has_attribute("xmlns") && header.attribute("xmlns") != ns::client)
        return StreamError{"invalid-namespace", "want xmlns='jabber:client', got " + quote(header.attribute("xmlns"))};
    const auto to = header.attribute("to");
    if (header.has_attribute("to")) {
        const auto asked = Jid::prepare_domain(to);
        if (!asked || *asked != domain)
            return StreamError{"host-unknown", "this is " + domain + ", not " + quote(to)};
    }
    if (may_be_old)
        return std::nullopt;
    const auto major = parse_major_version(header.attribute("version"));
    if (!major || *major < 1)
        return StreamError{"unsupported-version", "want version='1.0'"};
    return std::nullopt;
}

std::string make_header(const std::string& domain, const Element* theirs, bool is_old) {
    std::string out =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
    append_attribute(out, "id", make_random_hex(16));
    append_attribute(out, "from", domain);
    // RFC 6120 §4.7.2: `to` is there if and only if the peer said who it is.
    if (theirs != nullptr)
        if (const auto peer = Jid::parse(theirs->attribute("from")))
            append_attribute(out, "to", to_string(peer->bare()));
    return out + (is_old ? ">" : " version='1.0' xml:lang='en'>");
}

std::string language_of(const Element& header) {
    const auto lang = header.lang();
    const bool is_tag = lang.size() <= 35 && std::all_of(lang.begin(), lang.end(), [](unsigned char c) {
                            return c < 0x80 && (std::isalnum(c) != 0 || c == '-');
                        });
    return is_tag ? std::string(lang) : std::string();
}

std::string make_login_features(const LoginOffer& offer, bool has_legacy_auth) {
    std::string out = "<stream:features>";
    if (offer.channel.starttls == Channel::Starttls::required)
        out += "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
    else if (offer.channel.starttls == Channel::Starttls::offered)
        out += "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    if (const auto mechanisms = offered_mechanisms(offer); !mechanisms.empty()) {
        out += "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
        for (const auto mechanism : mechanisms)
            append_text_element(out, "mechanism", mechanism);
        out += "</mechanisms>";
    }
    if (const auto bindings = offered_bindings(offer); !bindings.empty()) {
        out += "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>";
        for (const auto binding : bindings)
            out += "<channel-binding type='" + std::string(binding) + "'/>";
        out += "</sasl-channel-binding>";
    }
    if (has_legacy_auth && offer.channel.is_encrypted && offer.login != Login::anonymous)
        out += "<auth xmlns='http://jabber.org/features/iq-auth'/>";
    return out + "</stream:features>";
}

std::string make_bind_features() {
    return "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
           "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
           "<sm xmlns='urn:xmpp:sm:3'/><csi xmlns='urn:xmpp:csi:0'/></stream:features>";
}

std::string make_stream_error(const StreamError& error) {
    std::string out = "<stream:error><" + error.condition + " xmlns='" + std::string(ns::stream_errors) + "'/>";
    if (!error.text.empty()) {
        out += "<text xmlns='" + std::string(ns::stream_errors) + "' xml:lang='en'>";
        append_escaped_text(out, to_xml_text(error.text));
        out += "</text>";
    }
    return out + "</stream:error>";
}

}  // namespace mucbridge
