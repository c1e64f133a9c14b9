#include "mapping/aliases.hpp"

#include "core/jid.hpp"
#include "core/utf8.hpp"
#include "mapping/characters.hpp"
#include "mapping/room_name.hpp"

namespace mucbridge {
namespace {

/// What could come of no room's name by the rules alone may come of no alias either.
Result<void> check_topic(const std::string& topic) {
    if (topic.empty())
        return Error{"want a topic such as Sensors/Kitchen 1, got none"};
    if (const auto wildcard = topic.find_first_of("+#"); wildcard != std::string::npos)
        return Error{"want a topic, got " + quoted(topic) + " with the wildcard " + topic[wildcard]};
    if (topic.starts_with('$'))
        return Error{quoted(topic) + " begins with $; such topics are the broker's own"};
    if (!is_mqtt_text(topic))
        return Error{
            "the topic holds what MQTT topics cannot (NUL, control characters, invalid UTF-8, over 65535 bytes)"};
    if (topic.starts_with('/') || topic.ends_with('/') || topic.find("//") != std::string::npos)
        return Error{quoted(topic) + " has an empty level; want something on both sides of each /"};
    return {};
}

}  // namespace

Result<Aliases> Aliases::make(const std::vector<AliasConfig>& config) {
    Aliases aliases;
    for (const auto& alias : config)
        if (const auto added = aliases.add(alias); !added)
            return Error{"/aliases/" + to_log_text(alias.room) + ": " + added.error().text};
    return aliases;
}

Result<void> Aliases::add(const AliasConfig& alias) {
    const auto room = Jid::prepare_local(alias.room);
    if (!room)
        return Error{"want the name of a room: " + room.error().text};
    if (const auto checked = check_topic(alias.topic); !checked)
        return checked;
    if (!topics_.emplace(*room, alias.topic).second)
        return Error{"room " + quoted(*room) + " stands for two topics; rooms' names are folded (RFC 7622)"};
    if (const auto [other, is_new] = rooms_.emplace(alias.topic, *room); !is_new)
        return Error{quoted(alias.topic) + " is called " + quoted(other->second) + " already; a topic has one room"};
    return {};
}

Result<Levels> Aliases::parse_room(std::string_view room) const {
    if (const auto* topic = find_topic(room))
        return split_address(*topic, AddressKind::topic);
    auto levels = parse_room_name(room);
    if (!levels)
        return levels;
    if (const auto alias = rooms_.find(join_address(*levels, AddressKind::topic)); alias != rooms_.end())
        return Error{"room " + quoted(room) + " is called " + quoted(alias->second) + " here"};
    return levels;
}

Result<std::string> Aliases::make_room(const Levels& levels) const {
    if (const auto alias = rooms_.find(join_address(levels, AddressKind::topic)); alias != rooms_.end())
        return alias->second;
    auto room = make_room_name(levels);
    if (!room)
        return room;
    if (const auto* topic = find_topic(*room))
        return Error{"it would need room " + quoted(*room) + ", which stands for " + quoted(*topic) + " here"};
    return room;
}

const std::string* Aliases::find_topic(std::string_view room) const {
    const auto found = topics_.find(std::string{room});
    return found == topics_.end() ? nullptr : &found->second;
}

}  // namespace mucbridge
