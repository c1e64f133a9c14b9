#include "cli/check_delivery.hpp"

#include <algorithm>

#include "broker/url.hpp"
#include "cli/check_who.hpp"
#include "cli/problems.hpp"
#include "mapping/who.hpp"

namespace mucbridge {
namespace {

bool takes_everybody(const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(), [](const std::string& text) {
        const auto pattern = JidPattern::parse(text);
        return pattern && pattern->is_anybody();
    });
}

/// The rule's broker; null where another error says that there is none.
const BrokerConfig* find_broker_of(const RuleConfig& rule, const Config& config) {
    const auto& brokers = config.brokers;
    if (rule.broker.empty() && brokers.size() == 1)
        return &brokers.front();
    const std::string wanted = rule.broker.empty() ? "main" : rule.broker;
    const auto found =
        std::find_if(brokers.begin(), brokers.end(), [&](const BrokerConfig& broker) { return broker.name == wanted; });
    return found == brokers.end() ? nullptr : &*found;
}

/// Who enters a room that is not there makes it, and of names there is no end.
void warn_of_many(const RuleConfig& rule, const Config& config, const std::string& place, Problems& problems) {
    const auto opening = find_opening(config);
    if (opening.empty() || rule.room.find('{') == std::string::npos || !takes_everybody(rule.who.read))
        return;
    problems.warn(join_pointer(place, "persistent"), "everybody may make rooms that stay, up to " +
                                                         std::to_string(config.limits.persistent_rooms) +
                                                         " (limits/persistent_rooms), since " + opening);
}

/// What is said on the topic while the gateway is away is heard only if the broker keeps it.
void warn_of_missed(const RuleConfig& rule, const Config& config, const std::string& place, Problems& problems) {
    if (rule.direction == Direction::out) {
        problems.warn(join_pointer(place, "persistent"),
                      "direction out hears nothing: the archive has what is said in the room, and nothing else");
        return;
    }
    const std::string missed = "what others publish while the gateway is away is missed by rooms that stay: ";
    if (rule.qos == 0)
        problems.warn(join_pointer(place, "qos"), missed + "at QoS 0 no broker keeps it");
    const auto* broker = find_broker_of(rule, config);
    if (rule.qos == 0 || broker == nullptr)
        return;
    if (scheme_of(broker->url) == "memory")
        problems.warn(join_pointer(place, "persistent"), missed + "memory: keeps nothing");
    else if (broker->session_expiry.count() == 0 && broker->protocol != "mqtt-3.1.1")
        problems.warn(join_pointer(join_pointer("/brokers", broker->name), "session_expiry"),
                      missed + "with 0 the broker keeps nothing");
}

}  // namespace

void warn_of_losses(const Config& config, Problems& problems) {
    for (std::size_t at = 0; at < config.rules.size(); ++at) {
        const auto& rule = config.rules[at];
        const auto place = join_pointer("/rules", at);
        if (rule.persistent) {
            warn_of_many(rule, config, place, problems);
            warn_of_missed(rule, config, place, problems);
        }
        if (rule.overflow == Overflow::drop_oldest && rule.qos > 0 && rule.direction != Direction::out)
            problems.warn(join_pointer(place, "overflow"),
                          "drop-oldest loses lines that the broker delivered, whatever the QoS");
    }
}

}  // namespace mucbridge
