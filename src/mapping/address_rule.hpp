#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/result.hpp"
#include "mapping/binding.hpp"
#include "mapping/pattern.hpp"

namespace mucbridge {

/// One of a rule's addresses, understood: its home or a mirror. Its placeholders are the room's.
struct AddressRule {
    std::string text;  // "factory/{line}/chat", "plant/operators, reading plant/+/alarm": for people
    std::string broker;
    AddressKind kind = AddressKind::topic;
    Direction direction = Direction::both;
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    bool mandatory = false;
    QueueConfig queue;
    std::optional<Pattern> read, write;  // as the direction has it

    /// Errors name the key: "topic: ...".
    static Result<AddressRule> make(const MirrorConfig& config, const Pattern& room,
                                    const std::vector<BrokerConfig>& brokers);

    /// Whether `name` may stand for several levels here: it is the whole end of each pattern that names it.
    bool may_span(const std::string& name) const;
    void span(const std::string& name);

    /// The addresses for these values, or in words why they may not be.
    Result<AddressBinding> bind(const Values& values) const;
};

}  // namespace mucbridge
