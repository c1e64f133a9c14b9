#pragma once

#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/result.hpp"

namespace mucbridge {

/// How the brokers that speak AMQP 1.0 spell their nodes: the standard leaves addresses to them. Ours are written with
/// dots, "*" (a word) and "#" (any number of words), as routing keys are.
class Amqp10Profile {
public:
    enum class Kind {
        rabbitmq,          // "/topic/a.b" on amq.topic, else "/exchange/NAME/a.b" (its AMQP 1.0 plugin)
        activemq_classic,  // "topic://a.b"; ">" is the rest
        artemis,           // "a.b", of capability "topic"
        service_bus,       // "a.b"; it is read from "a.b/Subscriptions/NAME"
    };

    /// Of the configuration's `profile`: "rabbitmq", "activemq-classic", "artemis", "servicebus".
    static Result<Amqp10Profile> make(const BrokerConfig& config, const std::string& origin);

    /// What a sender's target is called.
    std::string to_target(std::string_view address) const;
    /// What a receiver's source is called. Errors where these brokers have no such filter.
    Result<std::string> to_source(std::string_view filter) const;
    /// The capability that a topic's terminus asks for; empty: none.
    std::string_view capability() const { return kind_ == Kind::rabbitmq || kind_ == Kind::service_bus ? "" : "topic"; }
    /// The address of a message that came by this filter, as its `to` or `subject` have it. Where they do not (RabbitMQ
    /// tells no routing key), one that the filter selects, with "-" for each "*".
    std::string address_of(std::string_view filter, std::string_view to, std::string_view subject) const;
    /// Whether subscriptions may outlive a connection, by terminus durability.
    bool has_durable_sources() const { return kind_ == Kind::activemq_classic || kind_ == Kind::artemis; }
    /// What the broker keeps itself, without being asked: a Service Bus subscription.
    bool has_own_subscriptions() const { return kind_ == Kind::service_bus; }
    /// What `hostname` in the open frame is: a virtual host, for RabbitMQ "vhost:NAME".
    std::string to_hostname(std::string_view host, std::string_view vhost) const;
    Kind kind() const { return kind_; }

private:
    Amqp10Profile(Kind kind, std::string exchange, std::string subscription)
        : kind_(kind), exchange_(std::move(exchange)), subscription_(std::move(subscription)) {}

    Kind kind_;
    std::string exchange_;
    std::string subscription_;  // Service Bus
};

}  // namespace mucbridge
