#include "mapping/envelope.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "mapping/characters.hpp"

namespace mucbridge {
namespace {

using Json = nlohmann::ordered_json;

/// Reads one flat object and builds no tree, so that neither depth nor width of what a stranger sends costs memory.
class ObjectReader : public nlohmann::json_sax<nlohmann::json> {
public:
    Claims claims;

    bool null() override { return is_inside(); }
    bool boolean(bool) override { return is_inside(); }
    bool number_integer(number_integer_t) override { return is_inside(); }
    bool number_unsigned(number_unsigned_t) override { return is_inside(); }
    bool number_float(number_float_t, const string_t&) override { return is_inside(); }
    bool binary(binary_t&) override { return false; }

    bool string(string_t& value) override {
        if (depth_ == 1 && key_) {
            if (key_->field)
                claims.*key_->field = std::move(value);
            else
                claims.body = std::move(value);
        }
        return is_inside();
    }
    bool start_object(std::size_t) override { return ++depth_ <= most_depth; }
    bool start_array(std::size_t) override { return depth_ > 0 && ++depth_ <= most_depth; }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }

    bool key(string_t& name) override {
        if (depth_ != 1)
            return true;
        key_ = nullptr;
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (name == keys[i].name && !seen_[i]) {
                seen_[i] = true;  // of a key that comes twice the first counts
                key_ = &keys[i];
            }
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

private:
    struct Key {
        std::string_view name;
        std::string Claims::*field;  // null: the body
    };
    static constexpr std::array<Key, 10> keys{{{"body", nullptr},
                                               {"id", &Claims::id},
                                               {"nick", &Claims::nick},
                                               {"from", &Claims::from},
                                               {"time", &Claims::said},
                                               {"published", &Claims::published},
                                               {"lang", &Claims::lang},
                                               {"sender_id", &Claims::sender_id},
                                               {"origin", &Claims::origin},
                                               {"seal", &Claims::seal}}};
    static constexpr std::size_t most_depth = 64;

    bool is_inside() const { return depth_ > 0; }
    bool leave() {
        --depth_;
        return true;
    }

    std::size_t depth_ = 0;
    std::array<bool, keys.size()> seen_{};
    const Key* key_ = nullptr;
};

/// Longer ones are no ids; a property has 65,535 bytes at most.
bool may_carry_id(const std::string& id) { return !id.empty() && id.size() <= 1024 && is_mqtt_text(id); }

}  // namespace

void put_properties(Publication& publication, const Said& said, const std::string& origin, const std::string& seal) {
    auto& properties = publication.properties;
    properties.reserve(9);
    properties.emplace_back("XMPPFrom", to_string(said.occupant.with_resource(said.nick)));
    properties.emplace_back("XMPPTo", to_string(said.room));
    if (may_carry_id(said.line.id))
        properties.emplace_back("XMPPID", said.line.id);
    if (is_language_tag(said.line.lang))
        properties.emplace_back("XMPPLang", said.line.lang);
    properties.emplace_back("mucbridge-id", said.line.stanza_id);
    properties.emplace_back("mucbridge-origin", origin);
    properties.emplace_back("mucbridge-time", to_rfc3339(said.published_at));
    properties.emplace_back("mucbridge-said", to_rfc3339(said.said_at));
    properties.emplace_back("mucbridge-seal", seal);
}

Claims read_properties(const Delivery& delivery) {
    const auto get = [&delivery](std::string_view name) {
        const auto* value = delivery.property(name);
        return value ? *value : std::string{};
    };
    Claims claims;
    claims.id = get("mucbridge-id");
    claims.origin = get("mucbridge-origin");
    claims.seal = get("mucbridge-seal");
    claims.from = get("XMPPFrom");
    claims.nick = get("nick");
    if (claims.nick.empty())
        claims.nick = get("user-id");  // AMQP's: whom the broker let in
    claims.lang = get("XMPPLang");
    claims.sender_id = get("XMPPID");
    claims.said = get("mucbridge-said");
    claims.published = get("mucbridge-time");
    return claims;
}

std::string write_json(const Said& said, const std::string& origin, const std::string& seal) {
    Json json;
    json["id"] = said.line.stanza_id;
    json["nick"] = said.nick;
    json["body"] = said.line.body.value_or("");
    json["from"] = to_string(said.occupant.with_resource(said.nick));
    json["time"] = to_rfc3339(said.said_at);
    json["published"] = to_rfc3339(said.published_at);
    if (is_language_tag(said.line.lang))
        json["lang"] = said.line.lang;
    if (may_carry_id(said.line.id))
        json["sender_id"] = said.line.id;
    json["origin"] = origin;
    json["seal"] = seal;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Claims> read_json(const std::string& payload) {
    ObjectReader reader;
    if (!nlohmann::json::sax_parse(payload, &reader))
        return std::nullopt;
    return std::move(reader.claims);
}

std::string resource_of(const std::string& jid) {
    const auto slash = jid.find('/');
    return slash == std::string::npos ? std::string{} : jid.substr(slash + 1);
}

}  // namespace mucbridge
