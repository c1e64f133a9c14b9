#pragma once

#include <memory>

#include "broker/broker.hpp"

namespace mucbridge {

/// AMQP 0-9-1, by rabbitmq-c. Addresses are routing keys on the configured exchange; each filter has a queue, exclusive
/// while no session is kept, else durable. It has no status topic: nothing is retained, and there is no will.
Result<std::unique_ptr<Broker>> make_amqp091_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                    BrokerEvents events);

}  // namespace mucbridge
