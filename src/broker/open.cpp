#include "broker/amqp091.hpp"
#include "broker/amqp10.hpp"
#include "broker/broker.hpp"
#include "broker/embedded.hpp"
#include "broker/memory.hpp"
#include "broker/mqtt.hpp"
#include "broker/url.hpp"

namespace mucbridge {

Result<std::unique_ptr<Broker>> open_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                            BrokerEvents events) {
    const auto scheme = scheme_of(config.url);
    if (scheme == "mqtt" || scheme == "mqtts")
        return make_mqtt_broker(config, identity, std::move(events));
    if (scheme == "amqp" || scheme == "amqps")
        return config.protocol == "amqp-1.0" ? make_amqp10_broker(config, identity, std::move(events))
                                             : make_amqp091_broker(config, identity, std::move(events));
    if (scheme == "embedded")
        return make_embedded_broker(config, identity, std::move(events));
    if (scheme == "memory")
        return make_memory_broker(MemoryBus::named(config.url.substr(scheme.size() + 1)), config, identity,
                                  std::move(events));
    return Error{"brokers/" + config.name +
                 "/url: want mqtt://HOST, mqtts://HOST, amqp://HOST, amqps://HOST, embedded: or memory:, got " +
                 without_password(config.url)};
}

}  // namespace mucbridge
