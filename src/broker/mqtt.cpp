#include "broker/mqtt.hpp"

#include "broker/mqtt_broker.hpp"
#include "broker/status.hpp"

namespace mucbridge {

Result<std::unique_ptr<Broker>> make_mqtt_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                                 BrokerEvents events, BeforeConnect before_connect) {
    const auto key = "brokers/" + config.name + "/";
    auto url = parse_broker_url(config.url);
    if (!url)
        return Error{key + "url: " + url.error().text};
    if (!config.protocol.empty() && config.protocol != "mqtt-5" && config.protocol != "mqtt-3.1.1")
        return Error{key + "protocol: want mqtt-5 or mqtt-3.1.1, got " + config.protocol};
    MqttTarget target{std::move(*url), config, config.client_id, {}};
    if (target.client_id.empty())
        target.client_id = "mucbridge-" + identity.origin;
    if (identity.announces) {
        target.will = make_status(status_topic(config, identity), identity.origin, "offline");
        if (auto why = why_malformed(target.will); !why.empty())
            return Error{key + "status_topic: " + why};
    } else {
        target.config.session_expiry = {};  // it will not come back
    }
    return std::make_unique<MqttBroker>(std::move(target), identity.origin, std::move(events),
                                        std::move(before_connect));
}

}  // namespace mucbridge
