#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/result.hpp"
#include "mapping/address_rule.hpp"
#include "mapping/binding.hpp"
#include "mapping/pattern.hpp"
#include "mapping/template.hpp"
#include "mapping/who.hpp"

namespace mucbridge {

/// One configured rule, understood. A placeholder spans levels where it is the whole end of the room's pattern and
/// of each of the addresses' that name it; else it is one level, or its part of one.
struct Rule {
    std::size_t index = 0;  // into Config::rules
    bool persistent = false;
    std::optional<Overflow> overflow;  // none: by the QoS of each address
    std::string text;                  // "plant.{line} = factory/{line}/chat": for people
    NickTemplate nick;
    std::optional<Who> who;  // none: everybody
    Pattern room;
    AddressRule home;
    std::vector<AddressRule> mirrors;

    /// Errors name the path: "/rules/2/topic: ...".
    static Result<Rule> make(const RuleConfig& config, std::size_t index, const std::vector<BrokerConfig>& brokers);

    /// The binding of a room that matched with these values, or why the address may not be.
    Result<Binding> bind(std::string_view name, const Values& values) const;
};

}  // namespace mucbridge
