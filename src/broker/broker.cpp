#include "broker/broker.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t longest_string = 65535;  // MQTT 5 §1.5.4

/// The part up to the next '/', which is taken off `rest`; `more` tells whether there was one.
std::string_view take_level(std::string_view& rest, bool& more) {
    const auto slash = rest.find('/');
    const auto level = rest.substr(0, slash);
    more = slash != std::string_view::npos;
    rest = more ? rest.substr(slash + 1) : std::string_view{};
    return level;
}

bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char byte) { return byte >= ' ' && byte < '\x7f'; });
}

/// U+0080 to U+009F, and the non-characters that brokers refuse as they do control characters. Wants UTF-8.
bool has_forbidden_character(std::string_view utf8) {
    for (std::size_t at = 0; at < utf8.size(); ++at) {
        const auto byte = static_cast<unsigned char>(utf8[at]);
        const auto follower = [&](std::size_t n) { return static_cast<unsigned char>(utf8[at + n]); };
        if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && follower(1) < 0xa0))
            return true;
        if (byte == 0xef && follower(1) == 0xb7 && follower(2) >= 0x90 && follower(2) <= 0xaf)
            return true;  // U+FDD0 to U+FDEF
        if (byte == 0xef && follower(1) == 0xbf && follower(2) >= 0xbe)
            return true;  // U+FFFE, U+FFFF
        if (byte >= 0xf0 && (follower(1) & 0x0f) == 0x0f && follower(2) == 0xbf && follower(3) >= 0xbe)
            return true;  // the last two of every higher plane
    }
    return false;
}

/// "the address" or "property XMPPFrom": made only where there is something to say.
std::string why_bad_string(std::string_view what, std::string_view name, std::string_view text) {
    const auto say = [&](const std::string& why) { return std::string(what).append(name).append(why); };
    if (text.size() > longest_string)
        return say(": want at most 65535 bytes, got " + std::to_string(text.size()));
    if (is_plain_ascii(text))
        return {};
    if (!is_utf8(text))
        return say(": want UTF-8");
    if (has_forbidden_character(text))
        return say(": want no control characters (MQTT 5 §1.5.4)");
    return {};
}

}  // namespace

std::string why_malformed(const Publication& publication) {
    if (publication.address.empty())
        return "the address: want a topic, got nothing";
    if (publication.address.find_first_of("+#") != std::string::npos)
        return "the address: want a topic without + and # [MQTT-3.3.2-2]";
    if (auto why = why_bad_string("the address", {}, publication.address); !why.empty())
        return why;
    if (auto why = why_bad_string("the content type", {}, publication.content_type); !why.empty())
        return why;
    for (const auto& [name, value] : publication.properties) {
        if (auto why = why_bad_string("a property's name", {}, name); !why.empty())
            return why;
        if (auto why = why_bad_string("property ", name, value); !why.empty())
            return why;
    }
    return {};
}

std::string why_malformed_filter(std::string_view filter) {
    if (filter.empty())
        return "the filter: want a topic filter, got nothing";
    if (auto why = why_bad_string("the filter", {}, filter); !why.empty())
        return why;
    bool more = true;
    while (more) {
        const auto level = take_level(filter, more);
        if (level == "#" && more)
            return "the filter: want # at its end only [MQTT-4.7.1-1]";
        if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos)
            return "the filter: want + and # to be a whole level [MQTT-4.7.1-2]";
    }
    return {};
}

}  // namespace mucbridge
