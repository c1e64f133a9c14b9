#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// What a connected broker said of itself and its limits.
struct BrokerFacts {
    std::string protocol;   // "MQTT 5", "MQTT 3.1.1", "memory": for people
    unsigned window = 100;  // publications at QoS 1 or 2 that it takes unsettled at once (Receive Maximum, at most 100)
    std::size_t maximum_packet_size = 0;  // bytes; 0: no limit told
    int maximum_qos = 2;
    bool retain_available = true;
    bool carries_properties = true;  // user properties, headers: id, origin and seal have a place
    bool tells_refusals = true;      // a refused publication is told from an accepted one
};

/// Why there is no connection.
struct BrokerDown {
    std::string reason;      // in words: which broker, what failed, what to look at
    bool by_broker = false;  // the broker closed an established connection (not a cut, a timeout or a failed connect)
};

/// What a broker tells. Each comes on the broker's own thread, must not block, and may call publish() but not wait for
/// it.
struct BrokerEvents {
    std::function<void(BrokerFacts)> on_up;     // connected; subscriptions of earlier connections are gone
    std::function<void(BrokerDown)> on_down;    // once for each connect() that failed and each connection that ended
    std::function<void(Delivery)> on_delivery;  // when it returns the delivery is acknowledged
};

/// One connection to one broker. Callable from any thread; callbacks come on the broker's own.
/// It neither reconnects nor queues nor remembers subscriptions: that lives above it, once for all protocols (see
/// gateway/link). The destructor disconnects, publishes the truthful status, and after it no callback comes.
class Broker {
public:
    virtual ~Broker() = default;
    /// Tries once; the answer is on_up or on_down.
    virtual void connect() = 0;
    /// Every publish() is settled exactly once, released where the connection died or there is none.
    virtual void publish(Publication publication, std::function<void(Settlement)> settled) = 0;
    virtual void subscribe(std::string filter, int qos, std::function<void(Granted)> answered) = 0;
    virtual void unsubscribe(std::string filter) = 0;
    /// Publishes to nobody in particular that this gateway is well, or is about to go: retained, as JSON.
    virtual void announce(const std::string& state) = 0;  // "online", "offline"
};

/// Who this gateway is to a broker.
struct BrokerIdentity {
    std::string origin;  // unique to this gateway, kept in the state directory; part of the client id
};

/// Makes the adapter that the URL's scheme names: mqtt, mqtts, memory, embedded (broker/embedded starts its mosquitto
/// first). Errors name the key and the wish.
Result<std::unique_ptr<Broker>> open_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                            BrokerEvents events);

/// MQTT 5 §4.7: does this filter select this topic? Neither is validated.
bool matches(std::string_view filter, std::string_view topic);

}  // namespace mucbridge
