#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/jid.hpp"

namespace mucbridge {

enum class Login { open, anonymous, accounts, broker };
enum class Direction { both, out, in };
enum class PayloadKind { text, json };
/// What becomes of a topic that is faster than its room: the broker is held back, or the oldest lines that wait are
/// lost.
enum class Overflow { close, drop_oldest };
/// What "on disk" survives: the end of the process, however sudden; or of the machine's power too.
enum class Durability { process, power };

/// One broker as configured: "mqtt://user@host:1883", "mqtts://host", "memory:", "embedded:".
struct BrokerConfig {
    std::string name = "main";
    std::string url = "embedded:";
    std::vector<std::string> more_urls;  // tried in turn where the former cannot be reached: nodes of one cluster
    std::string username, password;      // password may come from password_file, an environment variable or the URL
    std::string ca_file;                 // PEM; empty: the system's
    std::string certificate, key;        // PEM files, for mutual TLS
    bool verify = true;                  // of the server's certificate and name
    std::string protocol;                // "mqtt-5", "mqtt-3.1.1", "amqp-0-9-1", "amqp-1.0"; "": 5, else 3.1.1; 0-9-1
    std::string client_id;               // empty: "mucbridge-" + origin
    std::string status_topic;            // empty: "mucbridge/" + origin + "/status"
    std::chrono::seconds keep_alive{30};
    // The spool: lines that wait while the broker is away or behind, and how long the oldest of them may have.
    std::size_t queue_lines = 10000;
    std::size_t queue_bytes = 16 * 1024 * 1024;
    std::chrono::hours queue_age{7 * 24};
    std::chrono::seconds session_expiry{3600};  // how long the broker keeps what it has for us while we are away
    // AMQP 0-9-1.
    std::string exchange = "amq.topic";
    std::string exchange_type;  // "topic", "direct", ...: it is declared, durable; empty: it must be there
    std::string profile;        // AMQP 1.0: how the broker spells addresses: "rabbitmq", "activemq-classic", ...
};

/// How the broker's addresses are spelled.
inline AddressKind address_kind_of(const BrokerConfig& broker) {
    return broker.url.starts_with("amqp") ? AddressKind::routing_key : AddressKind::topic;
}

/// AMQP 0-9-1: what the queues of a rule's rooms are like. 0 and "": as the broker has it.
struct QueueConfig {
    std::string type;                    // "classic", "quorum", of durable queues alone; "stream": one for all gateways
    std::chrono::seconds expires{};      // deleted when unused for so long; of durable ones by default session_expiry
    std::chrono::seconds message_ttl{};  // older messages are dropped; of a stream by default session_expiry
    std::size_t max_length = 0;          // messages; the oldest are dropped
    std::string dead_letter_exchange;    // where what is dropped goes
    bool operator==(const QueueConfig&) const = default;
};

/// Patterns of bare JIDs, localpart and domain matched apart: "*", "*@example.org", "ops-*@example.org".
struct WhoConfig {
    std::vector<std::string> read, write;
    bool configured = false;
};

/// Another address of a rule's rooms, on the same broker or on another one.
struct MirrorConfig {
    std::string topic, read, write;  // as in the rule
    std::string broker;              // empty: the rule's
    Direction direction = Direction::both;
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    bool mandatory = false;  // AMQP 0-9-1: a line that no queue takes is refused
    QueueConfig queue = {};
};

/// One line of the ordered list of rules: which rooms are which addresses.
struct RuleConfig {
    std::string room = "{name}";
    std::string topic;   // short for read and write
    std::string read;    // a filter; empty: topic
    std::string write;   // an address; empty: topic
    std::string broker;  // empty: the only one, or "main"
    Direction direction = Direction::both;
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    bool mandatory = false;  // AMQP 0-9-1: a line that no queue takes is refused
    QueueConfig queue = {};
    std::string nick;         // template for publishers' nicks; empty: their properties, else the broker's name
    bool persistent = false;  // its rooms outlive their occupants and the process
    std::optional<Overflow> overflow;  // none: close, and drop_oldest at QoS 0
    WhoConfig who;
    std::vector<MirrorConfig> mirrors;
};

/// A room's name and what it stands for in addresses: "kitchen" is "Sensors/Kitchen 1".
struct AliasConfig {
    std::string room, topic;
};

/// A server whose component we are: the rooms at `domain` are ours. XEP-0114.
struct ComponentConfig {
    std::string server = "xmpp://127.0.0.1:5347";
    std::string domain;
    std::string secret;  // may come from secret_file or an environment variable
};

struct LimitsConfig {
    std::size_t stanza_bytes_before_login = 16 * 1024, stanza_bytes = 256 * 1024;
    std::size_t depth = 64, attributes = 256, children = 4096;
    std::size_t connections = 10000, unauthenticated = 1000;
    std::optional<std::size_t> connections_per_address;  // 0: any number. None: 256, and any number from the loopback
    std::chrono::seconds unauthenticated_time{30};
    // Of one session; what comes faster is left in the socket. 0: any.
    std::size_t stanzas_per_second = 10000, bytes_per_second = 16 * 1024 * 1024;
    std::size_t rooms = 100000, rooms_per_session = 1000, occupants_per_room = 5000;
    std::size_t persistent_rooms = 10000;                  // of rooms
    std::size_t session_queue_bytes = 8 * 1024 * 1024;     // output that a session may leave unread
    std::size_t queue_bytes = 24 * 1024 * 1024;            // the same of all sessions together
    std::size_t component_queue_bytes = 64 * 1024 * 1024;  // output that a component's server may leave unread
    std::size_t lines_in_flight_per_room = 1000;
    std::size_t nick_characters = 64, room_bytes = 255;
    std::size_t body_bytes = 32 * 1024;  // of a delivery; cut with a notice
    std::size_t history_lines = 20;
    std::optional<std::size_t> handshakes_per_second;  // TLS, of one address. None: 20, and any number on the loopback
    // Stream management (XEP-0198): how long a session that lost its connection waits for it to be resumed (0: not at
    // all), and what it may have sent it that was not acknowledged.
    std::chrono::seconds resume_time{300};
    std::size_t unacknowledged_bytes = 4 * 1024 * 1024;
    // A peer that says nothing for idle_time is asked whether it is there, and given answer_time to say so.
    std::chrono::seconds idle_time{300}, answer_time{60};
};

/// TLS for the listeners: PEM files.
struct TlsConfig {
    std::string certificate, key;
    std::string client_ca;         // whose clients may log in by certificate (EXTERNAL); empty: nobody's
    std::optional<bool> required;  // none: off the loopback
};

/// What is kept on disk, in the state directory.
struct StoreConfig {
    Durability durability = Durability::power;
    // Of each persistent room: what its archive keeps. 0: everything.
    std::size_t archive_lines = 10000;
    std::chrono::hours archive_age{30 * 24};
};

struct ListenConfig {
    std::string url;  // "xmpp://127.0.0.1:61222", "xmpp://[::1]:61222"; "xmpps://0.0.0.0:5223" (XEP-0368)
};

/// Everything that can be configured, already checked for shape. Defaults are design: embedded and open on the
/// loopback.
struct Config {
    std::string domain = "localhost";
    std::string rooms_domain;  // empty until loaded: "rooms." + domain
    std::vector<ListenConfig> listen{{"xmpp://127.0.0.1:61222"}};
    Login login = Login::open;
    bool allow_open_login = false;
    bool legacy_auth = false;      // XEP-0078, over TLS
    std::optional<TlsConfig> tls;  // none: no certificate, no TLS
    std::vector<Jid> administrators;
    std::vector<BrokerConfig> brokers{BrokerConfig{}};
    std::vector<RuleConfig> rules;  // empty until loaded: the default rule
    std::vector<AliasConfig> aliases;
    std::vector<ComponentConfig> components;
    std::string state = "./state";
    std::string seal_key_file;
    std::string log_format = "text", log_level = "info";
    LimitsConfig limits;
    StoreConfig store;
    unsigned loops = 0;  // 0: as many as the machine gives
};

}  // namespace mucbridge
