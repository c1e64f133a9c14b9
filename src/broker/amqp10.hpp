#pragma once

#include <memory>

#include "broker/broker.hpp"

namespace mucbridge {

/// AMQP 1.0, by Qpid Proton. Addresses are those of routing keys, spelled as the configured profile has it; each
/// address has a sender, each filter a receiver. It has no status topic: nothing is retained, and there is no will.
Result<std::unique_ptr<Broker>> make_amqp10_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                   BrokerEvents events);

}  // namespace mucbridge
