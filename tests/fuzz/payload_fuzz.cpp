// What a broker delivers, as text and as JSON: whatever it is, what is heard is XML text and within limits, and nothing
// is believed that no seal vouches for. What we publish of it comes back as it was said.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "mapping/characters.hpp"
#include "mapping/mapper.hpp"
#include "mapping/seal.hpp"

namespace mucbridge::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t body_bytes = 256, id_bytes = 128;

/// Room "text" is plain, "json" is not, and each has a mirror of the other kind.
Config make_config() {
    Config config;
    config.brokers = {BrokerConfig{}};
    config.limits.body_bytes = body_bytes;
    for (const auto kind : {PayloadKind::text, PayloadKind::json}) {
        const bool is_text = kind == PayloadKind::text;
        RuleConfig rule;
        rule.room = is_text ? "text" : "json";
        rule.topic = rule.room + "/home";
        rule.read = rule.room + "/#";
        rule.nick = "{topic.1}";
        rule.payload = kind;
        MirrorConfig mirror;
        mirror.topic = "mirror/" + rule.room;
        mirror.payload = is_text ? PayloadKind::json : PayloadKind::text;
        rule.mirrors.push_back(mirror);
        config.rules.push_back(std::move(rule));
    }
    return config;
}

const Mapper& mapper() {
    static const auto made =
        Mapper::make(make_config(), std::make_shared<const Seal>(std::string(32, 'k'), "fuzz")).value();
    return *made;
}

/// Lines "name=value", an empty line, and the payload.
Delivery parse_delivery(Input& input, std::string address) {
    Delivery delivery;
    delivery.address = std::move(address);
    for (auto line = input.take_line(); !line.empty() && delivery.properties.size() < 32; line = input.take_line()) {
        const auto end = std::min(line.find('='), line.size());
        delivery.properties.emplace_back(line.substr(0, end), line.substr(std::min(end + 1, line.size())));
        if (delivery.properties.back().first == "content-type")
            delivery.content_type = delivery.properties.back().second;
    }
    delivery.payload = input.rest();
    return delivery;
}

void check_heard(const Heard& heard, const Delivery& delivery) {
    check(!heard.sealed, "nobody seals without the key");
    check(is_xml_text(heard.body) && heard.body.size() <= body_bytes, "a body is XML text, and not too long",
          heard.body);
    check(!heard.body.empty(), "a payload is never shown as an empty line");
    check(heard.body.find('\r') == std::string::npos, "line ends are plain");
    const auto nick = Jid::prepare_resource(heard.nick);
    check(nick && *nick == heard.nick && is_xml_text(heard.nick), "a nick is prepared", heard.nick);
    check(is_xml_text(heard.id) && heard.id.size() <= id_bytes, "an id is short XML text", heard.id);
    check(is_xml_text(heard.origin) && heard.origin.size() <= id_bytes, "an origin is short XML text");
    check(heard.lang.empty() || is_language_tag(heard.lang), "a language is a tag", heard.lang);
    check(heard.sender_id.empty(), "a sender's id is believed of nobody");
    check(heard.address == delivery.address && heard.raw == delivery.payload, "what came is kept");
}

/// An occupant says what was heard; ids and languages are whatever the delivery had.
Said make_said(const Heard& heard, const Delivery& delivery, const Binding& binding) {
    Said said;
    said.line.stanza_id = "0192f0c1-2b3c-7def-8123-456789abcdef";
    said.line.body = heard.body;
    said.line.lang = heard.lang;
    if (const std::string* id = delivery.property("XMPPID"); id != nullptr && is_xml_text(*id))
        said.line.id = *id;
    said.nick = heard.nick;
    said.room = Jid{binding.room, "rooms.localhost", ""};
    said.occupant = said.room.with_resource(heard.nick);
    said.said_at = heard.said_at.value_or(WallTime(1'700'000'000'000ms));
    said.published_at = said.said_at + 7ms;
    return said;
}

Delivery deliver(const Publication& publication) {
    Delivery delivery;
    delivery.address = publication.address;
    delivery.payload = publication.payload;
    delivery.content_type = publication.content_type;
    delivery.properties = publication.properties;
    return delivery;
}

void check_comes_back(const Binding& binding, const Said& said, bool mirrored) {
    const Publication publication =
        mirrored ? mapper().outbound_mirror(binding, 0, said) : mapper().outbound(binding, said);
    check(is_utf8(publication.payload), "a payload is UTF-8");
    for (const auto& [name, value] : publication.properties)
        check(is_mqtt_text(name) && is_mqtt_text(value), "properties are MQTT text", value);
    Delivery delivery = deliver(publication);
    const auto hear = [&] {
        return mirrored ? mapper().inbound_mirror(binding, 0, delivery) : mapper().inbound(binding, delivery);
    };
    const auto heard = hear();
    check(heard && heard->sealed, "our own line is known by its seal", publication.payload);
    check(heard->body == said.line.body && heard->nick == said.nick && heard->id == said.line.stanza_id &&
              heard->lang == said.line.lang && heard->said_at == said.said_at &&
              heard->published_at == said.published_at && heard->mirror.has_value() == mirrored,
          "our own line comes back as it was said", publication.payload);
    delivery.address += "x";
    const auto moved = hear();
    check(!moved || !moved->sealed, "a seal holds at its own address alone");
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    using namespace mucbridge::fuzz;
    Input input(data, size);
    const std::size_t choice = input.choose(3);
    const bool is_json = (choice & 1) != 0, mirrored = (choice & 2) != 0;
    const Binding binding = mapper().bind(is_json ? "json" : "text").value();
    const std::string address = mirrored ? binding.mirrors.front().write : binding.write;
    const Delivery delivery = parse_delivery(input, address);
    const auto heard = mirrored ? mapper().inbound_mirror(binding, 0, delivery) : mapper().inbound(binding, delivery);
    check(heard.has_value() == !delivery.payload.empty(), "an empty payload is no line, and nothing else is none");
    if (!heard)
        return 0;
    check_heard(*heard, delivery);
    check_comes_back(binding, make_said(*heard, delivery, binding), mirrored);
    return 0;
}
