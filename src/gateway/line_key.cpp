#include "gateway/line_key.hpp"

#include <cassert>
#include <string_view>

namespace mucbridge {

namespace {
constexpr std::string_view home = "home", mirror_prefix = "mirror-";
}  // namespace

std::string make_line_key(const std::string& room, const LineKey& key) {
    std::string text;
    text.reserve(room.size() + key.id.size() + 32);
    text.append(room) += ' ';
    if (key.mirror)
        text.append(mirror_prefix).append(std::to_string(*key.mirror));
    else
        text.append(home);
    return (text += ' ').append(key.id);
}

LineKey parse_line_key(const std::string& room, const std::string& text) {
    assert(text.starts_with(room) && text.at(room.size()) == ' ');
    const std::string_view rest = std::string_view(text).substr(room.size() + 1);
    const auto end = rest.find(' ');
    const std::string_view place = rest.substr(0, end);
    LineKey key{std::nullopt, std::string(rest.substr(end + 1))};
    if (place != home)
        key.mirror = std::stoul(std::string(place.substr(mirror_prefix.size())));
    return key;
}

}  // namespace mucbridge
