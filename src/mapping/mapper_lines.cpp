#include <algorithm>
#include <cassert>

#include "core/utf8.hpp"
#include "mapping/characters.hpp"
#include "mapping/envelope.hpp"
#include "mapping/mapper.hpp"
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

std::string read_property_name(const Delivery& delivery, std::string_view property) {
    const auto* text = delivery.property(property);
    return text ? read_name(*text, id_bytes) : std::string{};
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

Publication Mapper::outbound(const Binding& binding, const Said& said) const { return publish_at(binding, said); }

Publication Mapper::outbound_mirror(const Binding& binding, std::size_t mirror, const Said& said) const {
    return publish_at(binding.mirrors.at(mirror), said);
}

Publication Mapper::publish_at(const AddressBinding& place, const Said& said) const {
    assert(seal_);
    const auto body = said.line.body ? std::string_view{*said.line.body} : std::string_view{};
    const auto seal = seal_->make({said.line.stanza_id, place.write, said.nick, body, said.said_at, said.published_at});
    Publication publication{place.write, {}, place.qos,           place.retain, {},
                            true,        {}, said.line.stanza_id, said.said_at, place.mandatory};
    publication.answers = said.line.answers;
    if (place.payload == PayloadKind::json) {
        publication.content_type = "application/json";
        publication.payload = write_json(said, seal_->origin(), seal);
    } else {
        publication.content_type = "text/plain";
        publication.payload = body;
        put_properties(publication, said, seal_->origin(), seal);
    }
    return publication;
}

std::optional<Heard> Mapper::inbound(const Binding& binding, const Delivery& delivery) const {
    const auto* rule = rule_of(binding);
    const auto wish = rule ? rule->nick.fill(delivery.address, binding.kind) : std::nullopt;
    return hear_at(binding, wish.value_or(std::string{}), delivery);
}

std::optional<Heard> Mapper::inbound_mirror(const Binding& binding, std::size_t mirror,
                                            const Delivery& delivery) const {
    // The template counts the levels of home's addresses.
    auto heard = hear_at(binding.mirrors.at(mirror), {}, delivery);
    if (heard)
        heard->mirror = mirror;
    return heard;
}

bool Mapper::claims_to_be_ours(const Delivery& delivery) const {
    if (!seal_)
        return false;
    if (const auto* origin = delivery.property("mucbridge-origin"))
        return *origin == seal_->origin();
    const bool may_be_json = delivery.payload.starts_with('{');
    return may_be_json && delivery.payload.find("\"origin\":\"" + seal_->origin() + '"') != std::string::npos;
}

std::string Mapper::nick_for(const AddressBinding& place, const std::string& by_rule, const Claims& claims,
                             const Claims& properties) const {
    for (const auto& wish :
         {claims.nick, wish_from(claims.from), wish_from(properties.from), properties.nick, by_rule, place.broker})
        if (auto nick = make_nick(wish, limits_.nick_characters))
            return *nick;
    return "broker";
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

std::optional<Heard> Mapper::hear_at(const AddressBinding& place, const std::string& nick_by_rule,
                                     const Delivery& delivery) const {
    auto properties = read_properties(delivery);
    auto json = place.payload == PayloadKind::json ? read_json(delivery.payload) : std::nullopt;
    if (json && !json->body)
        json.reset();
    auto& claims = json ? *json : properties;
    const auto& body = json ? *json->body : delivery.payload;

    Heard heard;
    heard.address = delivery.address;
    heard.retained = delivery.retained;
    heard.journal = delivery.journal;
    heard.heard_at = delivery.heard_at;
    heard.stanza_id = delivery.stanza_id;
    heard.receipt = delivery.receipt;
    heard.id = read_name(claims.id, id_bytes);
    heard.message_id = read_property_name(delivery, "message-id");
    if (heard.message_id.empty())
        heard.message_id = heard.id;
    heard.answers = read_property_name(delivery, "correlation-id");
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
    heard.nick = nick_for(place, nick_by_rule, claims, properties);
    const bool says_something = json && !body.empty();
    if (!says_something && is_binary(delivery.payload))
        heard.body = describe_binary(delivery);
    else
        hear_foreign(heard, says_something ? body : delivery.payload);
    return heard;
}

}  // namespace mucbridge
