#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/result.hpp"
#include "mapping/mapper.hpp"
#include "mapping/pattern.hpp"
#include "mapping/template.hpp"

namespace mucbridge {

/// One configured rule, understood. A placeholder spans levels where it is the whole end of the room's pattern and
/// of each of the addresses' that name it; else it is one level, or its part of one.
struct Rule {
    std::size_t index = 0;  // into Config::rules
    std::string text;       // "plant.{line} = factory/{line}/chat": for people
    std::string broker;
    Direction direction = Direction::both;
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    NickTemplate nick;
    Pattern room;
    std::optional<Pattern> read, write;  // as the direction has it

    /// Errors name the path: "/rules/2/topic: ...".
    static Result<Rule> make(const RuleConfig& config, std::size_t index, const std::vector<BrokerConfig>& brokers);

    /// The binding of a room that matched with these values, or why the address may not be.
    Result<Binding> bind(std::string_view name, const Values& values) const;
};

}  // namespace mucbridge
