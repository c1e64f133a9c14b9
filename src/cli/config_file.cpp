#include "cli/config_file.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/alias_fields.hpp"
#include "cli/broker_fields.hpp"
#include "cli/component_fields.hpp"
#include "cli/fields.hpp"
#include "cli/json_text.hpp"
#include "cli/rule_fields.hpp"
#include "cli/tls_fields.hpp"
#include "core/utf8.hpp"
#include "xmpp/listen_url.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t most_listeners = 64;
constexpr std::size_t most_administrators = 1000;
constexpr std::size_t most_archive_days = 36500;

void read_listen(const json& value, const std::string& pointer, Config& config, Problems& problems) {
    config.listen.clear();
    for (const auto& [item, place] : read_items(value, pointer, most_listeners, problems)) {
        ListenConfig listen;
        if (!read_text(item, place, listen.url, problems))
            continue;
        if (const auto url = ListenUrl::parse(listen.url); !url)
            problems.error(place, url.error().text);
        config.listen.push_back(std::move(listen));
    }
}

void read_administrators(const json& value, const std::string& pointer, Config& config, Problems& problems) {
    config.administrators.clear();
    for (const auto& [item, place] : read_items(value, pointer, most_administrators, problems)) {
        std::string text;
        if (!read_text(item, place, text, problems))
            continue;
        const auto jid = Jid::parse(text);
        if (!jid)
            problems.error(place, jid.error().text);
        else if (jid->local.empty() || !jid->is_bare())
            problems.error(place, "want a bare JID such as admin@example.org, got " + to_log_text(text));
        else
            config.administrators.push_back(*jid);
    }
}

const Fields<Config>& log_fields() {
    static const Fields<Config> fields{
        {"format",
         ChoiceField<Config>{{"text", "json"},
                             [](Config& config, std::size_t word) { config.log_format = word == 0 ? "text" : "json"; }},
         "a line for people, or one JSON object a line"},
        {"level",
         ChoiceField<Config>{{"trace", "debug", "info", "warn", "error"},
                             [](Config& config, std::size_t word) {
                                 constexpr std::array levels{"trace", "debug", "info", "warn", "error"};
                                 config.log_level = levels.at(word);
                             }},
         "the least that is logged"},
    };
    return fields;
}

/// Of one address; it is another one by default on the loopback.
template <std::optional<std::size_t> LimitsConfig::*to>
OwnField<LimitsConfig> make_address_field() {
    constexpr static std::size_t most = 1000000;
    return {[](const json& value, const std::string& pointer, LimitsConfig& limits, Problems& problems) {
                std::size_t number = 0;
                if (read_number(value, pointer, 0, most, number, problems))
                    limits.*to = number;
            },
            [] { return make_number_schema(0, most); }};
}

const Fields<LimitsConfig>& limits_fields() {
    using Number = NumberField<LimitsConfig>;
    using Limits = LimitsConfig;
    constexpr std::size_t least_stanza = 10000;  // RFC 6120 §13.12
    constexpr std::size_t most_bytes = 64 * 1024 * 1024;
    constexpr std::size_t million = 1000000;
    static const Fields<Limits> fields{
        {"stanza_bytes_before_login", Number{&Limits::stanza_bytes_before_login, least_stanza, most_bytes},
         "of one stanza, from a stream that is not logged in"},
        {"stanza_bytes", Number{&Limits::stanza_bytes, least_stanza, most_bytes}, "of one stanza"},
        {"depth", Number{&Limits::depth, 8, 1000}, "levels of elements in a stanza"},
        {"attributes", Number{&Limits::attributes, 8, 10000}, "of one element"},
        {"children", Number{&Limits::children, 64, million}, "elements and texts of one stanza"},
        {"connections", Number{&Limits::connections, 1, million}, "open at once"},
        {"connections_per_address", make_address_field<&Limits::connections_per_address>(),
         "from one address, or one /64 of IPv6; 0: any number. By default 256, and any number from the loopback"},
        {"unauthenticated", Number{&Limits::unauthenticated, 1, million}, "connections that are not logged in"},
        {"unauthenticated_time", SecondsField<Limits>{&Limits::unauthenticated_time, 1, 3600},
         "seconds that a connection has for logging in"},
        {"handshakes_per_second", make_address_field<&Limits::handshakes_per_second>(),
         "of TLS, from one address, or one /64 of IPv6; 0: any number. By default 20, and any number from the "
         "loopback"},
        {"resume_time", SecondsField<Limits>{&Limits::resume_time, 0, 86400},
         "seconds that a session without its connection waits to be resumed (XEP-0198); 0: not at all"},
        {"unacknowledged_bytes", Number{&Limits::unacknowledged_bytes, 65536, std::size_t{1} << 32U},
         "that a session was sent and did not acknowledge (XEP-0198) before it is closed"},
        {"idle_time", SecondsField<Limits>{&Limits::idle_time, 5, 86400},
         "seconds of silence before a client is asked whether it is there"},
        {"answer_time", SecondsField<Limits>{&Limits::answer_time, 1, 3600}, "seconds that it has for saying so"},
        {"stanzas_per_second", Number{&Limits::stanzas_per_second, 0, million},
         "of one session, which is read from no faster; 0: any number"},
        {"bytes_per_second", Number{&Limits::bytes_per_second, 0, std::size_t{1} << 32U},
         "of one session, which is read from no faster; 0: any number"},
        {"rooms", Number{&Limits::rooms, 1, 10 * million}, "that there are at once"},
        {"persistent_rooms", Number{&Limits::persistent_rooms, 0, 10 * million},
         "of rooms: those that outlive their occupants"},
        {"rooms_per_session", Number{&Limits::rooms_per_session, 1, million}, "that one session is in"},
        {"occupants_per_room", Number{&Limits::occupants_per_room, 1, million}, "of one room"},
        {"queue_bytes", Number{&Limits::queue_bytes, 1048576, std::size_t{1} << 36U},
         "of output that all sessions together may leave unread; who reads least is closed"},
        {"component_queue_bytes", Number{&Limits::component_queue_bytes, 65536, std::size_t{1} << 32U},
         "of output that a component's server may leave unread before the link is closed"},
        {"session_queue_bytes", Number{&Limits::session_queue_bytes, 65536, std::size_t{1} << 32U},
         "of output that a session may leave unread before it is closed"},
        {"lines_in_flight_per_room", Number{&Limits::lines_in_flight_per_room, 1, million},
         "published, and not yet back from the broker"},
        {"nick_characters", Number{&Limits::nick_characters, 1, 1023}, "of one nick"},
        {"room_bytes", Number{&Limits::room_bytes, 1, 1023}, "of a room's name"},
        {"body_bytes", Number{&Limits::body_bytes, 256, most_bytes},
         "of a broker's line; it is cut there, and says so"},
        {"history_lines", Number{&Limits::history_lines, 0, 10000}, "that a joiner is shown"},
    };
    return fields;
}

/// Days, where 0 is for ever.
void read_archive_days(const json& value, const std::string& pointer, StoreConfig& to, Problems& problems) {
    std::size_t days = 0;
    if (read_number(value, pointer, 0, most_archive_days, days, problems))
        to.archive_age = std::chrono::days(days);
}

const Fields<StoreConfig>& store_fields() {
    static const Fields<StoreConfig> fields{
        {"durability",
         ChoiceField<StoreConfig>{{"power", "process"},
                                  [](StoreConfig& to, std::size_t word) {
                                      to.durability = word == 0 ? Durability::power : Durability::process;
                                  }},
         "what \"on disk\" survives: the loss of power (an fsync for each batch), or the end of the process alone"},
        {"archive_lines", NumberField<StoreConfig>{&StoreConfig::archive_lines, 0, std::size_t{1000} * 1000 * 1000},
         "that the archive of a persistent room keeps; 0: any number"},
        {"archive_days",
         OwnField<StoreConfig>{read_archive_days, [] { return make_number_schema(0, most_archive_days); }},
         "that the archive keeps a line; 0: for ever"},
    };
    return fields;
}

const Fields<Config>& config_fields() {
    using Own = OwnField<Config>;
    static const Fields<Config> fields{
        {"domain",
         Own{[](const json& value, const std::string& pointer, Config& to, Problems& problems) {
                 read_domain(value, pointer, to.domain, problems);
             },
             make_text_schema},
         "the domain of the accounts that log in here"},
        {"rooms_domain",
         Own{[](const json& value, const std::string& pointer, Config& to, Problems& problems) {
                 read_domain(value, pointer, to.rooms_domain, problems);
             },
             make_text_schema},
         "the domain of the rooms; by default \"rooms.\" and the domain"},
        {"listen", Own{read_listen, make_texts_schema},
         "where clients connect: xmpp://HOST:PORT, or xmpps://HOST:PORT where TLS comes first; nowhere where there is "
         "a "
         "component"},
        {"component", Own{read_components, make_components_schema},
         "a server that our rooms are a component of (XEP-0114), or a list of them"},
        {"tls", Own{read_tls, make_tls_schema}, "the listeners' certificate; without one there is no TLS"},
        {"login",
         ChoiceField<Config>{{"open", "anonymous", "accounts", "broker"},
                             [](Config& to, std::size_t word) { to.login = static_cast<Login>(word); }},
         "open: any name and password, and ANONYMOUS; anonymous: ANONYMOUS alone; accounts: those of `mucbridge "
         "account`; broker: whom the broker lets in by that name and password"},
        {"legacy_auth", SwitchField<Config>{&Config::legacy_auth},
         "lets clients log in as before SASL (XEP-0078), over TLS"},
        {"allow_open_login", SwitchField<Config>{&Config::allow_open_login},
         "lets a listener that others can reach log anybody in"},
        {"administrators", Own{read_administrators, make_texts_schema},
         "bare JIDs; nobody while anybody may log in under any name"},
        {"brokers", Own{read_brokers, make_brokers_schema}, "by name"},
        {"rules", Own{read_rules, make_rules_schema}, "which rooms are which addresses; the first that matches wins"},
        {"aliases", Own{read_aliases, make_aliases_schema},
         "rooms' names for topics that no name can spell: {\"kitchen\": \"Sensors/Kitchen 1\"}"},
        {"state", TextField<Config>{&Config::state}, "a directory of the gateway's own; it is created"},
        {"store",
         Own{[](const json& value, const std::string& pointer, Config& to, Problems& problems) {
                 read_object(value, pointer, to.store, store_fields(), problems);
             },
             [] { return make_schema(store_fields()); }},
         "what is kept in the state directory, and how safely"},
        {"seal_key_file", TextField<Config>{&Config::seal_key_file},
         "64 hexadecimal digits: the key that gateways share which share conversations"},
        {"log",
         Own{[](const json& value, const std::string& pointer, Config& to, Problems& problems) {
                 read_object(value, pointer, to, log_fields(), problems);
             },
             [] { return make_schema(log_fields()); }},
         "what is written to stderr"},
        {"limits",
         Own{[](const json& value, const std::string& pointer, Config& to, Problems& problems) {
                 read_object(value, pointer, to.limits, limits_fields(), problems);
             },
             [] { return make_schema(limits_fields()); }},
         "how much is believed of whom"},
        {"loops",
         Own{[](const json& value, const std::string& pointer, Config& to, Problems& problems) {
                 std::size_t loops = to.loops;
                 if (read_number(value, pointer, 0, 256, loops, problems))
                     to.loops = static_cast<unsigned>(loops);
             },
             [] { return make_number_schema(0, 256); }},
         "threads that serve sessions and rooms; 0: as many as the machine gives"},
        {"guest", AbsentField{"this version enters no rooms that live elsewhere; leave the key out"}, ""},
        {"console", AbsentField{"this version has no web console; leave the key out"}, ""},
    };
    return fields;
}

}  // namespace

void read_config(const json& object, Config& config, Problems& problems) {
    read_object(object, "", config, config_fields(), problems);
}

bool is_of_config(std::string_view refusal) {
    if (!refusal.starts_with('/'))
        return false;
    const std::string_view first = refusal.substr(1, refusal.find_first_of("/:", 1) - 1);
    return std::ranges::any_of(config_fields(), [&](const Field<Config>& field) { return field.key == first; });
}

std::string print_config_schema() {
    auto schema = make_schema(config_fields());
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
    schema["title"] = "The configuration of mucbridge";
    return schema.dump(2);
}

}  // namespace mucbridge
