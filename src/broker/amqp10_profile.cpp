#include "broker/amqp10_profile.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/address.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using Kind = Amqp10Profile::Kind;

constexpr std::array names{std::pair{std::string_view("rabbitmq"), Kind::rabbitmq},
                           std::pair{std::string_view("activemq-classic"), Kind::activemq_classic},
                           std::pair{std::string_view("artemis"), Kind::artemis},
                           std::pair{std::string_view("servicebus"), Kind::service_bus}};
constexpr std::string_view usual_exchange = "amq.topic";
constexpr std::string_view topic_scheme = "topic://";

bool is_wild(std::string_view filter) { return has_wildcard(filter, AddressKind::routing_key); }

}  // namespace

Result<Amqp10Profile> Amqp10Profile::make(const BrokerConfig& config, const std::string& origin) {
    const auto subscription = config.client_id.empty() ? "mucbridge-" + origin : config.client_id;
    for (const auto& [name, kind] : names)
        if (name == config.profile)
            return Amqp10Profile(kind, config.exchange, subscription);
    return Error{"brokers/" + config.name + "/profile: want rabbitmq, activemq-classic, artemis or servicebus, got " +
                 (config.profile.empty() ? "none" : config.profile)};
}

std::string Amqp10Profile::to_target(std::string_view address) const {
    switch (kind_) {
        case Kind::rabbitmq:
            return exchange_ == usual_exchange ? "/topic/" + std::string(address)
                                               : "/exchange/" + exchange_ + "/" + std::string(address);
        case Kind::activemq_classic:
            return std::string(topic_scheme) + std::string(address);
        default:
            return std::string(address);
    }
}

Result<std::string> Amqp10Profile::to_source(std::string_view filter) const {
    const auto rest = filter.find('#');
    const bool is_at_end = rest == std::string_view::npos || rest + 1 == filter.size();
    if (kind_ == Kind::activemq_classic) {
        if (!is_at_end)
            return Error{"ActiveMQ has # (its >) at the end alone, got " + to_log_text(filter)};
        auto source = to_target(filter);
        if (rest != std::string_view::npos)
            source.back() = '>';
        return source;
    }
    if (kind_ == Kind::service_bus) {
        if (is_wild(filter))
            return Error{"Service Bus has no wildcards, got " + to_log_text(filter)};
        return std::string(filter) + "/Subscriptions/" + subscription_;
    }
    return to_target(filter);
}

std::string Amqp10Profile::address_of(std::string_view filter, std::string_view to, std::string_view subject) const {
    if (!is_wild(filter))
        return std::string(filter);
    const auto prefix = to_target("");
    if (to.starts_with(prefix))
        to.remove_prefix(prefix.size());
    for (const auto said : {to, subject})
        if (!said.empty() && !is_wild(said) && matches_key(filter, said))
            return std::string(said);
    // Nobody says it: one that the filter selects.
    Levels words = split_address(filter, AddressKind::routing_key);
    std::erase(words, "#");
    std::ranges::replace(words, std::string("*"), std::string("-"));
    return join_address(words, AddressKind::routing_key);
}

std::string Amqp10Profile::to_hostname(std::string_view host, std::string_view vhost) const {
    if (vhost.empty() || vhost == "/")
        return std::string(host);
    return kind_ == Kind::rabbitmq ? "vhost:" + std::string(vhost) : std::string(vhost);
}

}  // namespace mucbridge
