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

constexpr std::size_t most_brokers = 100;

/// A broker's object while it is read: what is said in two ways is seen only when all of it is there.
struct BrokerDraft : BrokerConfig {
    std::string full_url, password_file;
};

const Fields<BrokerDraft>& broker_fields() {
    using Text = TextField<BrokerDraft>;
    using Draft = BrokerDraft;
    static const Fields<Draft> fields{
        {"url", Text{&Draft::full_url}, "mqtt://HOST[:PORT], mqtts://HOST[:PORT], memory: or embedded:"},
        {"username", Text{&Draft::username}, "of the account at the broker"},
        {"password", Text{&Draft::password}, "of the account at the broker; better in a file of its own"},
        {"password_file", Text{&Draft::password_file}, "a file that holds the password"},
        {"ca_file", Text{&Draft::ca_file},
         "certificates (PEM) that the broker's is checked against; else the system's"},
        {"certificate", Text{&Draft::certificate}, "our certificate (PEM), for a broker that asks for one"},
        {"key", Text{&Draft::key}, "our certificate's private key (PEM)"},
        {"verify", SwitchField<Draft>{&Draft::verify}, "whether the broker's certificate and name are checked"},
        {"protocol",
         ChoiceField<Draft>{{"mqtt-5", "mqtt-3.1.1"},
                            [](Draft& to, std::size_t word) { to.protocol = word == 0 ? "mqtt-5" : "mqtt-3.1.1"; }},
         "the only one to speak; by default MQTT 5, and 3.1.1 where the broker knows no better"},
        {"client_id", Text{&Draft::client_id}, "by default \"mucbridge-\" and the gateway's kept name"},
        {"status_topic", Text{&Draft::status_topic},
         "where the gateway says that it is there, retained; by default mucbridge/NAME/status"},
        {"keep_alive", SecondsField<Draft>{&Draft::keep_alive, 1, 65535}, "seconds of silence before a ping"},
        {"queue_lines", NumberField<Draft>{&Draft::queue_lines, 1, 10000000},
         "that wait while the broker is away; more are refused"},
        {"queue_bytes", NumberField<Draft>{&Draft::queue_bytes, 1024, std::size_t{1} << 40U},
         "that wait while the broker is away; more are refused"},
        {"profile", AbsentField{"this version speaks no AMQP; leave the key out"}, ""},
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
    if (draft.full_url.empty())
        return;
    const auto username = draft.username;
    const auto password = draft.password;
    const auto place = join_pointer(pointer, "url");
    if (auto set = set_broker_url(draft.full_url, draft); !set)
        problems.error(place, set.error().text);
    else if (without_password(draft.full_url) != draft.full_url)
        problems.warn(place,
                      "holds a password, which command lines, logs and backups keep; password_file keeps it apart");
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
    const auto scheme = scheme_of(text);
    if (scheme == "mqtt" || scheme == "mqtts") {
        const auto url = parse_mqtt_url(text);
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
        const std::string wish = "want mqtt://HOST[:PORT], mqtts://HOST[:PORT], memory: or embedded:";
        const bool is_amqp = scheme == "amqp" || scheme == "amqps";
        return Error{(is_amqp ? "this version speaks no AMQP; " : "") + wish + ", got " + without_password(text)};
    }
    broker.url = text;
    return {};
}

}  // namespace mucbridge
