#include "mapping/mapper.hpp"

#include <algorithm>
#include <cassert>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"
#include "mapping/envelope.hpp"
#include "mapping/room_name.hpp"
#include "mapping/rule.hpp"
#include "mapping/seal.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t id_bytes = 128, sender_id_bytes = 1024;

std::optional<WallTime> read_time(const std::string& text) {
    if (text.empty())
        return std::nullopt;
    const auto time = parse_rfc3339(text);
    return time ? std::optional{*time} : std::nullopt;
}

/// A short text that only names something; "" where it is anything else.
std::string read_name(std::string text, std::size_t bytes) {
    return text.size() <= bytes && is_xml_text(text) ? std::move(text) : std::string{};
}

std::string describe_binary(const Delivery& delivery) {
    const auto& type = delivery.content_type;
    const bool is_named = !type.empty() && type.size() <= 127 &&
                          std::all_of(type.begin(), type.end(), [](char c) { return c > ' ' && c < 0x7f; });
    const auto size = delivery.payload.size();
    return "binary payload, " + std::to_string(size) + (size == 1 ? " byte, " : " bytes, ") +
           (is_named ? type : "application/octet-stream");
}

/// K10: who a foreign line says that it is from; without a resource the name that a person would know it by.
std::string wish_from(const std::string& jid) {
    return jid.find('/') == std::string::npos ? jid.substr(0, jid.find('@')) : resource_of(jid);
}

}  // namespace

Mapper::Mapper(std::vector<Rule> rules, LimitsConfig limits, std::shared_ptr<const Seal> seal)
    : rules_(std::move(rules)), limits_(limits), seal_(std::move(seal)) {}

Mapper::~Mapper() = default;

Result<std::shared_ptr<const Mapper>> Mapper::make(const Config& config, std::shared_ptr<const Seal> seal) {
    auto configured = config.rules;
    if (configured.empty()) {
        configured.emplace_back();
        configured.back().topic = "{name}";
    }
    std::vector<Rule> rules;
    for (std::size_t i = 0; i < configured.size(); ++i) {
        auto rule = Rule::make(configured[i], i, config.brokers);
        if (!rule)
            return rule.error();
        rules.push_back(std::move(*rule));
    }
    return std::shared_ptr<const Mapper>(new Mapper(std::move(rules), config.limits, std::move(seal)));
}

Result<Levels> Mapper::read_room(std::string_view room) const {
    if (room.size() > limits_.room_bytes)
        return Error{"the room's name has " + std::to_string(room.size()) + " bytes; want at most " +
                     std::to_string(limits_.room_bytes)};
    const auto prepared = Jid::prepare_local(room);
    if (!prepared)
        return Error{"room \"" + to_log_text(room) + "\" cannot be: " + prepared.error().text};
    // Folding it here would give two rooms one address wherever folding twice is not folding once.
    if (*prepared != room)
        return Error{"room \"" + to_log_text(room) + "\" is no room's name; want \"" + to_log_text(*prepared) + "\""};
    return parse_room_name(room);
}

Result<Binding> Mapper::bind(std::string_view room) const {
    const auto levels = read_room(room);
    if (!levels)
        return levels.error();
    for (const auto& rule : rules_) {
        const auto values = rule.room.match(*levels);
        if (!values)
            continue;
        auto binding = rule.bind(room, *values);
        if (!binding)
            return Error{"room \"" + to_log_text(room) + "\" " + binding.error().text};
        return binding;
    }
    return Error{"room \"" + to_log_text(room) + "\" is no topic: no rule matches it"};
}

Result<Binding> Mapper::feed(const Rule& rule, std::string_view address) const {
    if (!rule.read)
        return Error{"only publishes"};
    const auto values = rule.read->match(split_topic(address));
    if (!values)
        return Error{"does not read it"};
    auto room = make_room_name(rule.room.fill(*values));
    if (!room)
        return room.error();
    auto binding = bind(*room);
    if (!binding)
        return binding;
    if (binding->rule != rule.index)
        return Error{"would be room " + *room + ", which belongs to rule " + std::to_string(binding->rule)};
    const auto reads = [address](const std::string& filter) { return matches(filter, address); };
    if (std::none_of(binding->read.begin(), binding->read.end(), reads))
        return Error{"does not read it: wildcards leave out topics that begin with $"};
    return binding;
}

std::vector<Binding> Mapper::rooms_fed_by(std::string_view broker, std::string_view address) const {
    std::vector<Binding> bindings;
    if (address.empty() || address.find_first_of("+#") != std::string_view::npos || !is_mqtt_text(address))
        return bindings;
    for (const auto& rule : rules_)
        if (rule.broker == broker)
            if (auto binding = feed(rule, address))
                bindings.push_back(std::move(*binding));
    return bindings;
}

Publication Mapper::outbound(const Binding& binding, const Said& said) const {
    assert(seal_);
    const auto body = said.line.body ? std::string_view{*said.line.body} : std::string_view{};
    const auto seal =
        seal_->make({said.line.stanza_id, binding.write, said.nick, body, said.said_at, said.published_at});
    Publication publication{binding.write, {}, binding.qos, binding.retain, {}, true, {}};
    if (binding.payload == PayloadKind::json) {
        publication.content_type = "application/json";
        publication.payload = write_json(said, seal_->origin(), seal);
    } else {
        publication.content_type = "text/plain";
        publication.payload = body;
        put_properties(publication, said, seal_->origin(), seal);
    }
    return publication;
}

std::string Mapper::nick_for(const Binding& binding, const Delivery& delivery, const Claims& claims,
                             const Claims& properties) const {
    for (const auto& wish : {claims.nick, wish_from(claims.from), wish_from(properties.from), properties.nick})
        if (auto nick = make_nick(wish, limits_.nick_characters))
            return *nick;
    // A binding may be older than these rules.
    if (binding.rule < rules_.size())
        if (const auto wish = rules_[binding.rule].nick.fill(delivery.address))
            if (auto nick = make_nick(*wish, limits_.nick_characters))
                return *nick;
    return make_nick(binding.broker, limits_.nick_characters).value_or("broker");
}

bool Mapper::is_sealed(const Heard& heard, const std::string& nick, const std::string& body,
                       const std::string& seal) const {
    // No line of a gateway's is longer than a stanza: a longer one is not worth the hashing.
    if (!seal_ || heard.id.empty() || nick.empty() || seal.empty() || !heard.said_at || !heard.published_at ||
        body.size() > limits_.stanza_bytes)
        return false;
    return seal_->is_valid({heard.id, heard.address, nick, body, *heard.said_at, *heard.published_at}, seal) &&
           is_xml_text(nick) && is_xml_text(body);
}

void Mapper::hear_foreign(Heard& heard, const std::string& text) const {
    const auto kept = cut_utf8(text, limits_.body_bytes);
    auto body = with_plain_line_ends(to_xml_text(kept));
    // U+FFFD is longer than what it replaces.
    const auto cut = cut_utf8(body, limits_.body_bytes).size();
    heard.cut = kept.size() < text.size() || cut < body.size();
    body.resize(cut);
    heard.body = std::move(body);
}

std::optional<Heard> Mapper::inbound(const Binding& binding, const Delivery& delivery) const {
    auto properties = read_properties(delivery);
    auto json = binding.payload == PayloadKind::json ? read_json(delivery.payload) : std::nullopt;
    if (json && !json->body)
        json.reset();
    auto& claims = json ? *json : properties;
    const auto& body = json ? *json->body : delivery.payload;

    Heard heard;
    heard.address = delivery.address;
    heard.retained = delivery.retained;
    heard.id = read_name(claims.id, id_bytes);
    heard.origin = read_name(claims.origin, id_bytes);
    heard.lang = is_language_tag(claims.lang) ? claims.lang : std::string{};
    heard.said_at = read_time(claims.said);
    heard.published_at = read_time(claims.published);
    if (delivery.payload.size() <= limits_.stanza_bytes)
        heard.raw = delivery.payload;

    auto nick = json ? claims.nick : resource_of(claims.from);
    heard.sealed = is_sealed(heard, nick, body, claims.seal);
    if (heard.sealed) {
        heard.nick = std::move(nick);
        heard.body = body;
        heard.sender_id = read_name(claims.sender_id, sender_id_bytes);
        return heard;
    }
    if (delivery.payload.empty())
        return std::nullopt;
    heard.nick = nick_for(binding, delivery, claims, properties);
    const bool says_something = json && !body.empty();
    if (!says_something && is_binary(delivery.payload))
        heard.body = describe_binary(delivery);
    else
        hear_foreign(heard, says_something ? body : delivery.payload);
    return heard;
}

}  // namespace mucbridge
