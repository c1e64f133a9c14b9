#include "cli/broker_fields.hpp"

#include <algorithm>

#include "broker/url.hpp"
#include "cli/fields.hpp"
#include "cli/json_text.hpp"
#include "cli/secret.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t longest_exchange = 127;  // AMQP 0-9-1 §1.4: an exchange-name
constexpr std::size_t most_brokers = 100;
constexpr std::size_t most_nodes = 16;
constexpr std::size_t least_queue_age = 3600, most_queue_age = 315360000;  // ten years
constexpr std::size_t most_expiry = 4294967295;                            // MQTT 5 §3.1.2.11.2

const std::vector<std::string> protocols{"mqtt-5", "mqtt-3.1.1", "amqp-0-9-1", "amqp-1.0"};
const std::vector<std::string> profiles{"rabbitmq", "activemq-classic", "artemis", "servicebus"};

/// A broker's object while it is read: what is said in two ways is seen only when all of it is there.
struct BrokerDraft : BrokerConfig {
    struct Node {
        std::string url, place;
    };
    std::vector<Node> nodes;
    std::string password_file;
};

/// "mqtt://a", or ["mqtt://a", "mqtt://b"]: the nodes of one cluster.
void read_nodes(const json& value, const std::string& pointer, BrokerDraft& draft, Problems& problems) {
    for (const auto& [item, place] : read_items(value, pointer, most_nodes, problems))
        if (std::string url; read_text(item, place, url, problems))
            draft.nodes.push_back({std::move(url), place});
    if (value.is_array() && value.empty())
        problems.error(pointer, "want a URL or a list of 1 to 16 of them, got an empty list");
}

json make_nodes_schema() {
    return {{"anyOf",
             {make_text_schema(),
              {{"type", "array"}, {"items", make_text_schema()}, {"minItems", 1}, {"maxItems", most_nodes}}}}};
}

/// Seconds as everywhere; they count by the hour.
void read_queue_age(const json& value, const std::string& pointer, BrokerDraft& draft, Problems& problems) {
    std::size_t seconds = 0;
    if (read_number(value, pointer, least_queue_age, most_queue_age, seconds, problems))
        draft.queue_age = std::chrono::ceil<std::chrono::hours>(std::chrono::seconds(seconds));
}

json make_queue_age_schema() { return make_number_schema(least_queue_age, most_queue_age); }

const Fields<BrokerDraft>& broker_fields() {
    using Text = TextField<BrokerDraft>;
    using Draft = BrokerDraft;
    using Own = OwnField<Draft>;
    static const Fields<Draft> fields{
        {"url", Own{read_nodes, make_nodes_schema},
         "mqtt://HOST[:PORT], mqtts://HOST[:PORT], amqp://HOST[:PORT][/VHOST], amqps://..., memory: or embedded:; or a "
         "list: nodes of one cluster, tried in turn"},
        {"username", Text{&Draft::username}, "of the account at the broker"},
        {"password", Text{&Draft::password}, "of the account at the broker; better in a file of its own"},
        {"password_file", Text{&Draft::password_file}, "a file that holds the password"},
        {"ca_file", Text{&Draft::ca_file},
         "certificates (PEM) that the broker's is checked against; else the system's"},
        {"certificate", Text{&Draft::certificate}, "our certificate (PEM), for a broker that asks for one"},
        {"key", Text{&Draft::key}, "our certificate's private key (PEM)"},
        {"verify", SwitchField<Draft>{&Draft::verify}, "whether the broker's certificate and name are checked"},
        {"protocol", ChoiceField<Draft>{protocols, [](Draft& to, std::size_t word) { to.protocol = protocols[word]; }},
         "the only one to speak; by default MQTT 5, and 3.1.1 where the broker knows no better; AMQP 0-9-1 at amqp://"},
        {"client_id", Text{&Draft::client_id}, "by default \"mucbridge-\" and the gateway's kept name"},
        {"status_topic", Text{&Draft::status_topic},
         "where the gateway says that it is there, retained; by default mucbridge/NAME/status"},
        {"keep_alive", SecondsField<Draft>{&Draft::keep_alive, 1, 65535}, "seconds of silence before a ping"},
        {"queue_lines", NumberField<Draft>{&Draft::queue_lines, 1, 10000000},
         "that wait while the broker is away or behind; more are refused"},
        {"queue_bytes", NumberField<Draft>{&Draft::queue_bytes, 1024, std::size_t{1} << 40U},
         "that wait while the broker is away or behind; more are refused"},
        {"queue_age", Own{read_queue_age, make_queue_age_schema},
         "seconds that a line may wait for the broker before it is set aside"},
        {"session_expiry", SecondsField<Draft>{&Draft::session_expiry, 0, most_expiry},
         "seconds that the broker keeps what comes for persistent rooms while the gateway is away (MQTT 5); 0: not at "
         "all"},
        {"exchange", Text{&Draft::exchange},
         "AMQP 0-9-1: that rooms publish to and are bound to; by default amq.topic"},
        {"exchange_type",
         ChoiceField<Draft>{{"topic", "direct", "fanout"},
                            [](Draft& to, std::size_t word) {
                                to.exchange_type = word == 0 ? "topic" : word == 1 ? "direct" : "fanout";
                            }},
         "AMQP 0-9-1: the exchange is declared as this, durable; by default it must be there"},
        {"profile", ChoiceField<Draft>{profiles, [](Draft& to, std::size_t word) { to.profile = profiles[word]; }},
         "AMQP 1.0: how the broker spells addresses"},
    };
    return fields;
}

/// The broker of that name, made where there is none.
BrokerConfig& at(Config& config, const std::string& name) {
    const auto found = std::find_if(config.brokers.begin(), config.brokers.end(),
                                    [&](const BrokerConfig& broker) { return broker.name == name; });
    if (found != config.brokers.end())
        return *found;
    BrokerConfig broker;
    broker.name = name;
    config.brokers.push_back(std::move(broker));
    return config.brokers.back();
}

void read_readable(const std::string& path, const std::string& pointer, Problems& problems) {
    constexpr std::size_t longest = 16 * 1024 * 1024;
    if (path.empty())
        return;
    if (const auto content = read_file(path, longest); !content)
        problems.error(pointer, content.error().text);
}

/// Why this is no node of the cluster that `others` are of; "": it is one. Credentials that it does not have it shares.
std::string why_no_node(const BrokerConfig& node, const std::vector<std::string>& others, const BrokerConfig& draft) {
    if (others.empty())
        return {};
    const std::string wish = "want the nodes of one cluster, ";
    const auto scheme = scheme_of(node.url);
    const bool has_nodes = scheme.starts_with("mqtt") || scheme.starts_with("amqp");
    if (!has_nodes || scheme != scheme_of(others.front()))
        return wish + "all mqtt://, all mqtts://, all amqp:// or all amqps://, got " + others.front() + " and " +
               node.url;
    if (std::find(others.begin(), others.end(), node.url) != others.end())
        return wish + "each once, got " + node.url + " again";
    const auto differs = [](const std::string& one, const std::string& other) {
        return !one.empty() && !other.empty() && one != other;
    };
    if (differs(node.username, draft.username) || differs(node.password, draft.password))
        return wish + "with one user and password, got others than before";
    return {};
}

void take_nodes(BrokerDraft& draft, Problems& problems) {
    std::vector<std::string> urls;
    BrokerConfig account;  // as the nodes say it
    for (const auto& [text, place] : draft.nodes) {
        BrokerConfig node;
        if (auto set = set_broker_url(text, node); !set) {
            problems.error(place, set.error().text);
            continue;
        }
        if (without_password(text) != text)
            problems.warn(place,
                          "holds a password, which command lines, logs and backups keep; password_file keeps it apart");
        if (const auto why = why_no_node(node, urls, account); !why.empty())
            problems.error(place, why);
        urls.push_back(node.url);
        if (!node.username.empty())
            account.username = node.username;
        if (!node.password.empty())
            account.password = node.password;
    }
    if (urls.empty())
        return;
    draft.url = urls.front();
    draft.more_urls.assign(urls.begin() + 1, urls.end());
    if (!account.username.empty())
        draft.username = account.username;
    if (!account.password.empty())
        draft.password = account.password;
}

void read_credentials(const json& object, const std::string& pointer, BrokerDraft& draft, Problems& problems) {
    if (object.contains("password") && object.contains("password_file"))
        problems.error(join_pointer(pointer, "password_file"), "want one of password and password_file, got both");
    else if (!draft.password_file.empty()) {
        if (const auto exposed = why_exposed(draft.password_file); !exposed.empty())
            problems.warn(join_pointer(pointer, "password_file"), exposed);
        if (auto secret = read_secret(draft.password_file); secret)
            draft.password = *secret;
        else
            problems.error(join_pointer(pointer, "password_file"), secret.error().text);
    }
    if (draft.nodes.empty())
        return;
    const auto username = draft.username;
    const auto password = draft.password;
    take_nodes(draft, problems);
    const auto place = join_pointer(pointer, "url");
    if ((object.contains("username") && draft.username != username) ||
        ((object.contains("password") || object.contains("password_file")) && draft.password != password))
        problems.error(place, "want user and password once, got them here and in keys of their own");
}

void read_broker(const json& object, const std::string& pointer, BrokerConfig& broker, Problems& problems) {
    BrokerDraft draft{broker, {}, {}};
    read_object(object, pointer, draft, broker_fields(), problems);
    if (!object.is_object())
        return;
    read_credentials(object, pointer, draft, problems);
    read_readable(draft.ca_file, join_pointer(pointer, "ca_file"), problems);
    read_readable(draft.certificate, join_pointer(pointer, "certificate"), problems);
    read_readable(draft.key, join_pointer(pointer, "key"), problems);
    if (draft.certificate.empty() != draft.key.empty())
        problems.error(pointer, "want certificate and key together, got one of them");
    const bool is_amqp = draft.url.starts_with("amqp");
    if (!draft.protocol.empty() && is_amqp != draft.protocol.starts_with("amqp"))
        problems.error(join_pointer(pointer, "protocol"),
                       "want one that is spoken at " + draft.url + ", got " + draft.protocol);
    if (!draft.profile.empty() && draft.protocol != "amqp-1.0")
        problems.error(join_pointer(pointer, "profile"), "want it with protocol amqp-1.0 alone");
    if (draft.protocol == "amqp-1.0" && draft.profile.empty())
        problems.error(
            pointer,
            "want profile, of AMQP 1.0: rabbitmq, activemq-classic, artemis or servicebus; brokers spell addresses "
            "differently");
    if (draft.exchange.size() > longest_exchange)
        problems.error(join_pointer(pointer, "exchange"), "want a name of at most 127 bytes");
    if (draft.status_topic.find_first_of("#+") != std::string::npos)
        problems.error(join_pointer(pointer, "status_topic"), "want a topic without # and +");
    broker = std::move(draft);
}

}  // namespace

void read_brokers(const json& value, const std::string& pointer, Config& config, Problems& problems) {
    if (!value.is_object() || value.empty() || value.size() > most_brokers) {
        problems.error(pointer,
                       "want an object of 1 to 100 brokers by name, such as {\"main\": {\"url\": "
                       "\"mqtt://127.0.0.1:1883\"}}, got " +
                           (value.is_object() ? std::to_string(value.size()) : describe(value)));
        return;
    }
    for (const auto& [name, object] : value.items()) {
        const auto place = join_pointer(pointer, name);
        if (name.empty() || name.size() > 64 || to_log_text(name) != name) {
            problems.error(place, "want a name of 1 to 64 bytes without control characters");
            continue;
        }
        read_broker(object, place, at(config, name), problems);
    }
}

json make_brokers_schema() {
    return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", make_schema(broker_fields())}};
}

Result<void> set_broker_url(const std::string& text, BrokerConfig& broker) {
    broker.more_urls.clear();
    const auto scheme = scheme_of(text);
    if (scheme == "mqtt" || scheme == "mqtts" || scheme == "amqp" || scheme == "amqps") {
        const auto url = parse_broker_url(text);
        if (!url)
            return url.error();
        if (!url->username.empty())
            broker.username = url->username;
        if (!url->password.empty())
            broker.password = url->password;
        broker.url = to_string(*url);
        return {};
    }
    if (scheme == "embedded") {
        if (const auto port = parse_embedded_url(text); !port)
            return port.error();
    } else if (scheme != "memory") {
        return Error{
            "want mqtt://HOST[:PORT], mqtts://, amqp://HOST[:PORT][/VHOST], amqps://, memory: or embedded:, got " +
            without_password(text)};
    }
    broker.url = text;
    return {};
}

}  // namespace mucbridge
