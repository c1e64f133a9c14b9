#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/message.hpp"
#include "core/time.hpp"

namespace mucbridge {

/// What a connected broker said of itself and its limits.
struct BrokerFacts {
    std::string protocol;   // "MQTT 5", "MQTT 3.1.1", "memory": for people
    std::string endpoint;   // where others reach the same broker: "mqtt://127.0.0.1:1883", "memory:name"
    unsigned window = 100;  // publications at QoS 1 or 2 that it takes unsettled at once (Receive Maximum, at most 100)
    std::size_t maximum_packet_size = 0;  // bytes; 0: no limit told
    int maximum_qos = 2;
    bool retain_available = true;
    bool carries_properties = true;  // user properties, headers: id, origin and seal have a place
    bool tells_refusals = true;      // a refused publication is told from an accepted one
    bool may_be_held_back = false;   // on_delivery comes on a thread of the broker's own, and may wait for a while
    bool has_session = false;        // the broker kept our subscriptions, and what came for them while we were away
};

/// Why there is no connection.
struct BrokerDown {
    std::string reason;      // in words: which broker, what failed, what to look at
    bool by_broker = false;  // the broker closed an established connection (not a cut, a timeout or a failed connect)
    bool is_login_refused = false;  // it knows no such user name and password, or does not let this one in
};

/// What a broker tells. Each comes on the broker's own thread or, of an in-process broker, on the thread that calls it;
/// must not block, but for an on_delivery that may be held back: then nothing else comes meanwhile, of other brokers of
/// the same client library neither; may call publish() but not wait for it. Any of them, and any answer below, may come
/// with the client library's lock held: whoever calls a Broker holds no lock that a callback takes. on_up comes before
/// the connection's deliveries, also before what the broker kept; on_down before the publications that died with the
/// connection are released.
struct BrokerEvents {
    std::function<void(BrokerFacts)> on_up;     // connected
    std::function<void(BrokerDown)> on_down;    // once for each connect() that failed and each connection that ended
    std::function<void(Delivery)> on_delivery;  // when it returns the delivery is acknowledged
    /// AMQP: of the connection's deliveries at QoS 1, so many more of the oldest are surely acknowledged, and never
    /// come again.
    std::function<void(std::size_t)> on_acknowledged = [](std::size_t) {};
};

/// How a filter is to be subscribed.
struct SubscriptionWish {
    SubscriptionWish(int wanted_qos, QueueConfig wanted_queue = {}) : qos(wanted_qos), queue(std::move(wanted_queue)) {}
    int qos;
    QueueConfig queue;  // AMQP 0-9-1
    // Of a stream.
    std::optional<std::uint64_t> after = {};  // the offset that was had last
    std::optional<WallTime> since =
        {};  // else: what came since then, by the broker's clock; none: what comes from now on
};

/// One connection to one broker. Callable from any thread; callbacks come on the broker's own.
/// It neither reconnects nor queues nor remembers subscriptions: that lives above it, once for all protocols (see
/// gateway/link). The destructor publishes the truthful status, disconnects, and releases what is not settled; after it
/// no callback comes. It must not run inside a callback.
class Broker {
public:
    virtual ~Broker() = default;
    /// Tries once; the answer is on_up or on_down. A fresh connection forgets what the broker kept of earlier ones.
    virtual void connect(bool is_fresh) = 0;
    /// Whether the broker is to keep the session after the destructor's goodbye, and (where that must be known before:
    /// MQTT 3.1.1) between connections made from now on. At first it is not.
    virtual void keep_session(bool is_kept) = 0;
    /// Every publish() is settled exactly once, released where the connection died or there is none; this may be before
    /// publish() returns.
    virtual void publish(Publication publication, std::function<void(Settlement)> settled) = 0;
    /// What is refused may be asked for again by the adapter: then the answer comes again, where it is another one.
    virtual void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) = 0;
    virtual void unsubscribe(std::string filter) = 0;
    /// Publishes to nobody in particular that this gateway is well, or is about to go: retained, as JSON.
    virtual void announce(const std::string& state) = 0;  // "online", "offline"
};

/// Who this gateway is to a broker.
struct BrokerIdentity {
    std::string origin;      // unique to this gateway, kept in the state directory; part of the client id
    bool announces = true;   // has a status topic; one who comes for a line or two has none
    std::string state = {};  // the state directory, where "embedded:" keeps its configuration; empty: a temporary one
};

/// Makes the adapter that the URL's scheme names: mqtt, mqtts, amqp, amqps, memory, embedded (broker/embedded starts
/// its mosquitto first). Errors name the key and the wish.
Result<std::unique_ptr<Broker>> open_broker(const BrokerConfig& config, const BrokerIdentity& identity,
                                            BrokerEvents events);

/// Why no MQTT broker could take this publication: an address with + or # or nothing in it, text that is not UTF-8 or
/// holds control characters where MQTT 5 §1.5.4 forbids them, a string over 65,535 bytes. A broker that got it would
/// close the connection. Empty: it is well-formed.
std::string why_malformed(const Publication& publication);

/// Why no MQTT broker could take this filter: "", "a#", "a/#/b", "a+", text as above. Empty: it is well-formed.
std::string why_malformed_filter(std::string_view filter);

}  // namespace mucbridge
