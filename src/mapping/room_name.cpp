#include "mapping/room_name.hpp"

#include <array>

#include "core/jid.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

struct Escape {
    char character;
    std::string_view digits;
};

/// XEP-0106 §3.2, and ours for the dot.
constexpr std::array<Escape, 11> escapes{{{' ', "20"},
                                          {'"', "22"},
                                          {'&', "26"},
                                          {'\'', "27"},
                                          {'.', "2e"},
                                          {'/', "2f"},
                                          {':', "3a"},
                                          {'<', "3c"},
                                          {'>', "3e"},
                                          {'@', "40"},
                                          {'\\', "5c"}}};

/// The escape that `text`, behind a '\', would complete.
const Escape* escape_at(std::string_view text) {
    for (const auto& escape : escapes)
        if (text.starts_with(escape.digits))
            return &escape;
    return nullptr;
}

const Escape* escape_of(char character) {
    for (const auto& escape : escapes)
        if (escape.character == character)
            return &escape;
    return nullptr;
}

Error refuse(std::string_view room, const std::string& why) {
    return Error{"room \"" + to_log_text(room) + "\" " + why};
}

}  // namespace

std::string escape_level(std::string_view level) {
    std::string text;
    for (std::size_t i = 0; i < level.size(); ++i) {
        const auto* escape = escape_of(level[i]);
        // XEP-0106 §4.2: a '\' only where it leads what reads as an escape.
        if (escape && (level[i] != '\\' || escape_at(level.substr(i + 1))))
            (text += '\\') += escape->digits;
        else
            text += level[i];
    }
    return text;
}

std::string unescape_level(std::string_view text) {
    std::string level;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto* escape = text[i] == '\\' ? escape_at(text.substr(i + 1)) : nullptr;
        level += escape ? escape->character : text[i];
        i += escape ? escape->digits.size() : 0;
    }
    return level;
}

Result<Levels> parse_room_name(std::string_view room) {
    // XEP-0106 §3.2: \20 is neither first nor last in a localpart.
    if (room.starts_with("\\20") || room.ends_with("\\20"))
        return refuse(room, "begins or ends with a space (\\20), which XEP-0106 forbids");
    Levels levels;
    for (auto rest = room;;) {
        const auto text = rest.substr(0, rest.find('.'));
        if (text.empty())
            return refuse(room, "has an empty level; want something on both sides of each dot");
        auto level = unescape_level(text);
        // One address has one room: "a\5cz" would be another name for the topic of "a\z".
        if (const auto canonical = escape_level(level); canonical != text)
            return refuse(room, "holds an escape where none is needed; want \"" + to_log_text(canonical) + "\"");
        levels.push_back(std::move(level));
        if (text.size() == rest.size())
            return levels;
        rest.remove_prefix(text.size() + 1);
    }
}

Result<std::string> make_room_name(const Levels& levels) {
    std::string room;
    for (const auto& level : levels)
        (room += escape_level(level)) += '.';
    if (!room.empty())
        room.pop_back();
    const auto prepared = Jid::prepare_local(room);
    if (!prepared)
        return Error{"it would need room \"" + to_log_text(room) + "\", which cannot be: " + prepared.error().text};
    if (*prepared != room)
        return Error{"it would need room \"" + to_log_text(room) + "\", but rooms' names are folded (RFC 7622): \"" +
                     to_log_text(*prepared) + "\" is another topic"};
    if (const auto parsed = parse_room_name(room); !parsed)
        return Error{"it would need a name that no room has: " + parsed.error().text};
    return room;
}

}  // namespace mucbridge
