#include "mapping/envelope.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "mapping/mapper.hpp"
#include "mapping/seal.hpp"

using namespace mucbridge;

namespace {

const WallTime noon{std::chrono::milliseconds{1'795'348'800'123}};
const std::string noon_text = to_rfc3339(noon), later_text = to_rfc3339(noon + std::chrono::seconds{3});
const auto seal = std::make_shared<Seal>(std::string(32, 'k'), "gw-1");

/// One room, foo.bar, on topic foo/bar.
struct Bridge {
    std::shared_ptr<const Mapper> mapper;
    Binding binding;

    explicit Bridge(PayloadKind payload, std::string nick = {}) {
        Config config;
        config.limits.body_bytes = 1000;
        config.limits.nick_characters = 20;
        config.rules.emplace_back();
        config.rules.back().topic = "{name}";
        config.rules.back().payload = payload;
        config.rules.back().nick = std::move(nick);
        mapper = Mapper::make(config, seal).value();
        binding = mapper->bind("foo.bar").value();
    }
    std::optional<Heard> hear(const Delivery& delivery) const { return mapper->inbound(binding, delivery); }
    std::optional<Heard> hear(std::string payload) const {
        return hear(Delivery{"foo/bar", std::move(payload), 1, false, false, {}, {}});
    }
};

const Bridge text{PayloadKind::text}, json{PayloadKind::json};

Said example(std::string body = "But soft") {
    Line line{"client-1", "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "en", std::move(body), {}, {}};
    return {std::move(line),
            "romeo",
            {"foo.bar", "rooms.localhost", "romeo"},
            {"foo.bar", "rooms.localhost", ""},
            noon,
            noon + std::chrono::seconds{3}};
}

/// What the broker makes of a publication.
Delivery carry(const Publication& publication) {
    return {publication.address,      publication.payload,   publication.qos, false, false,
            publication.content_type, publication.properties};
}

std::string& value_of(Delivery& delivery, std::string_view name) {
    for (auto& [key, value] : delivery.properties)
        if (key == name)
            return value;
    FAIL("no such property");
    std::abort();
}

Delivery foreign(std::string payload, std::vector<std::pair<std::string, std::string>> properties) {
    return {"foo/bar", std::move(payload), 1, false, false, {}, std::move(properties)};
}

}  // namespace

TEST_CASE("a text line carries K9's properties and ours, the body alone is the payload (K4, K9)") {
    const auto publication = text.mapper->outbound(text.binding, example());
    CHECK(publication.address == "foo/bar");
    CHECK(publication.payload == "But soft");
    CHECK(publication.qos == 1);
    CHECK_FALSE(publication.retain);
    CHECK(publication.is_text);
    CHECK(publication.content_type == "text/plain");
    const auto right = seal->make(
        {"01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "foo/bar", "romeo", "But soft", noon, noon + std::chrono::seconds{3}});
    const std::vector<std::pair<std::string, std::string>> properties{
        {"XMPPFrom", "foo.bar@rooms.localhost/romeo"},
        {"XMPPTo", "foo.bar@rooms.localhost"},
        {"XMPPID", "client-1"},
        {"XMPPLang", "en"},
        {"mucbridge-id", "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e"},
        {"mucbridge-origin", "gw-1"},
        {"mucbridge-time", later_text},
        {"mucbridge-said", noon_text},
        {"mucbridge-seal", right}};
    CHECK(publication.properties == properties);
}

TEST_CASE("a JSON line is one object with its keys in one order, and no properties") {
    const auto publication = json.mapper->outbound(json.binding, example("say \"hi\"\n"));
    CHECK(publication.content_type == "application/json");
    CHECK(publication.properties.empty());
    const auto right = seal->make({"01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e", "foo/bar", "romeo", "say \"hi\"\n", noon,
                                   noon + std::chrono::seconds{3}});
    CHECK(publication.payload == R"({"id":"01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e","nick":"romeo","body":"say \"hi\"\n",)"
                                 R"("from":"foo.bar@rooms.localhost/romeo","time":")" +
                                     noon_text + R"(","published":")" + later_text +
                                     R"(","lang":"en","sender_id":"client-1","origin":"gw-1","seal":")" + right +
                                     "\"}");
}

TEST_CASE("what a gateway publishes is understood and sealed, in both payloads") {
    for (const auto* bridge : {&text, &json})
        for (const std::string& body :
             std::vector<std::string>{"But soft", "a\r\nb \xF0\x9F\x8C\xB9 </body>", "", "  ", "{\"body\":\"x\"}"}) {
            const auto heard = bridge->hear(carry(bridge->mapper->outbound(bridge->binding, example(body))));
            REQUIRE(heard);
            CHECK(heard->sealed);
            CHECK(heard->body == body);
            CHECK(heard->nick == "romeo");
            CHECK(heard->id == "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e");
            CHECK(heard->origin == "gw-1");
            CHECK(heard->lang == "en");
            CHECK(heard->sender_id == "client-1");
            CHECK(heard->said_at == noon);
            CHECK(heard->published_at == noon + std::chrono::seconds{3});
            CHECK(heard->address == "foo/bar");
            CHECK_FALSE(heard->cut);
        }
}

TEST_CASE("an occupant's long line is not cut on the other gateways (S8)") {
    const auto heard = text.hear(carry(text.mapper->outbound(text.binding, example(std::string(5000, 'x')))));
    CHECK(heard->sealed);
    CHECK(heard->body.size() == 5000);
    CHECK_FALSE(heard->cut);
}

TEST_CASE("what brokers would close the connection over is left out of the properties [MQTT-1.5.4-2]") {
    auto said = example();
    said.line.id = "x\x7f";
    said.line.lang = "en'/>";
    const auto publication = text.mapper->outbound(text.binding, said);
    CHECK_FALSE(carry(publication).property("XMPPID"));
    CHECK_FALSE(carry(publication).property("XMPPLang"));
    said.line.id = std::string(100000, 'x');
    CHECK_FALSE(carry(text.mapper->outbound(text.binding, said)).property("XMPPID"));
}

TEST_CASE("a line whose sealed parts were changed is foreign (S9)") {
    const auto line = carry(text.mapper->outbound(text.binding, example()));
    REQUIRE(text.hear(line)->sealed);
    const auto is_sealed = [&](auto change) {
        auto forged = line;
        change(forged);
        const auto heard = text.hear(forged);
        return heard && heard->sealed;
    };
    CHECK_FALSE(is_sealed([](Delivery& forged) { forged.payload += "!"; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { forged.payload.clear(); }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { forged.address = "foo/baz"; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-id").back() = 'f'; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-id").clear(); }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "XMPPFrom") = "foo.bar@rooms.localhost/juliet"; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "XMPPFrom") = "romeo"; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-time") = noon_text; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-said") = later_text; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-said") = "yesterday"; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-seal").front() ^= 1; }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { value_of(forged, "mucbridge-seal").clear(); }));
    CHECK_FALSE(is_sealed([](Delivery& forged) { forged.properties.clear(); }));
    // Who else is named does not matter, nor do properties of others.
    CHECK(is_sealed([](Delivery& forged) { forged.properties.emplace_back("nick", "juliet"); }));
}

TEST_CASE("of a property that comes twice the first is used, and sealed (S9)") {
    auto line = carry(text.mapper->outbound(text.binding, example()));
    line.properties.emplace_back("XMPPFrom", "foo.bar@rooms.localhost/juliet");
    line.properties.emplace_back("mucbridge-id", "another");
    CHECK(text.hear(line)->sealed);
    CHECK(text.hear(line)->nick == "romeo");
    line.properties.insert(line.properties.begin(), {"XMPPFrom", "foo.bar@rooms.localhost/juliet"});
    CHECK_FALSE(text.hear(line)->sealed);
    CHECK(text.hear(line)->nick == "juliet");
}

TEST_CASE("a JSON line whose sealed parts were changed is foreign (S9)") {
    const auto line = carry(json.mapper->outbound(json.binding, example()));
    for (const auto* key : {"id", "nick", "body", "time", "published", "seal"}) {
        auto object = nlohmann::ordered_json::parse(line.payload);
        object[key] = object[key].get<std::string>() + "0";
        CHECK_FALSE(json.hear(object.dump())->sealed);
        object.erase(key);
        CHECK_FALSE(json.hear(object.dump())->sealed);
    }
    // The first of two counts.
    CHECK_FALSE(json.hear("{\"body\":\"I resign\"," + line.payload.substr(1))->sealed);
    CHECK(json.hear("{\"body\":\"I resign\"," + line.payload.substr(1))->body == "I resign");
    auto twice = line.payload;
    twice.insert(twice.size() - 1, ",\"body\":\"I resign\"");
    CHECK(json.hear(twice)->sealed);
    CHECK(json.hear(twice)->body == "But soft");
}

TEST_CASE("a publisher of plain text is heard, under the broker's name (K6)") {
    const auto heard = text.hear(
                               "21.5 \xC2\xB0"
                               "C")
                           .value();
    CHECK_FALSE(heard.sealed);
    CHECK(heard.body ==
          "21.5 \xC2\xB0"
          "C");
    CHECK(heard.raw == heard.body);
    CHECK(heard.nick == "main");
    CHECK(heard.id.empty());
    CHECK(heard.sender_id.empty());
    CHECK_FALSE(heard.said_at);
}

TEST_CASE("an empty payload says nothing") {
    CHECK_FALSE(text.hear(""));
    CHECK_FALSE(json.hear(""));
}

TEST_CASE("markup in a payload stays text") {
    const std::string attack = "</body></message><message from='admin@localhost'><body>x";
    CHECK(text.hear(attack)->body == attack);
    CHECK(json.hear(attack)->body == attack);
    CHECK(json.hear(nlohmann::json{{"body", attack}}.dump())->body == attack);
}

TEST_CASE("a binary payload is shown as a size and a type, never as an empty line") {
    auto delivery = foreign(std::string(1234, '\0'), {});
    CHECK(text.hear(delivery)->body == "binary payload, 1234 bytes, application/octet-stream");
    delivery.content_type = "image/png";
    CHECK(text.hear(delivery)->body == "binary payload, 1234 bytes, image/png");
    CHECK(json.hear(delivery)->body == "binary payload, 1234 bytes, image/png");
    for (const auto& type : {std::string{"a b"}, std::string{"x\n"}, std::string{"\xff"}, std::string(200, 'x')}) {
        delivery.content_type = type;
        CHECK(text.hear(delivery)->body == "binary payload, 1234 bytes, application/octet-stream");
    }
    CHECK(text.hear("\xff")->body == "binary payload, 1 byte, application/octet-stream");
    CHECK(text.hear("{\"body\":\"\xff\"}")->body == "binary payload, 12 bytes, application/octet-stream");
}

TEST_CASE("characters that XML forbids are replaced, line ends are plain, spaces stay") {
    CHECK(text.hear("\x1b[31mred")->body == "\xEF\xBF\xBD[31mred");
    CHECK(text.hear("a\r\nb\rc")->body == "a\nb\nc");
    CHECK(text.hear("a\r\nb\rc")->raw == "a\r\nb\rc");
    CHECK(text.hear("  \n")->body == "  \n");
    CHECK(text.hear("x\xEF\xBF\xBF")->body == "x\xEF\xBF\xBD");
    CHECK(json.hear(R"({"body":"a\u0000b"})")->body ==
          "a\xEF\xBF\xBD"
          "b");
}

TEST_CASE("a long body is cut between characters, and says so") {
    const auto heard = text.hear("x" + std::string(5'000'000, 'y')).value();
    CHECK(heard.cut);
    CHECK(heard.body.size() == 1000);
    std::string roses;
    for (int i = 0; i < 300; ++i)
        roses += "\xF0\x9F\x8C\xB9";
    CHECK(text.hear("x" + roses)->body == "x" + roses.substr(0, 4 * 249));
    CHECK(text.hear("x" + roses)->cut);
    CHECK(text.hear(std::string(999, '\x1b'))->body.size() <= 1000);
    CHECK(text.hear(std::string(999, '\x1b'))->cut);
    CHECK_FALSE(text.hear(std::string(1000, 'x'))->cut);
    CHECK(json.hear(nlohmann::json{{"body", std::string(5000, 'x')}}.dump())->cut);
}

TEST_CASE("a retained delivery is marked so") {
    auto delivery = foreign("x", {});
    CHECK_FALSE(text.hear(delivery)->retained);
    delivery.retained = true;
    CHECK(text.hear(delivery)->retained);
}

TEST_CASE("a foreign id is anybody's text of at most 128 bytes") {
    CHECK(text.hear(foreign("x", {{"mucbridge-id", "job 7"}}))->id == "job 7");
    CHECK(text.hear(foreign("x", {{"mucbridge-id", std::string(128, 'i')}}))->id.size() == 128);
    CHECK(text.hear(foreign("x", {{"mucbridge-id", std::string(129, 'i')}}))->id.empty());
    CHECK(text.hear(foreign("x", {{"mucbridge-id", std::string("a\0", 2)}}))->id.empty());
    CHECK(text.hear(foreign("x", {{"mucbridge-id", "\xff"}}))->id.empty());
    CHECK(text.hear(foreign("x", {{"mucbridge-origin", "\x01"}}))->origin.empty());
    CHECK(text.hear(foreign("x", {{"XMPPLang", "en'/><x"}}))->lang.empty());
    CHECK(text.hear(foreign("x", {{"XMPPID", "client-1"}}))->sender_id.empty());
}

TEST_CASE("a publisher's nick: what it says, else the rule's template, else the broker's name (K10)") {
    using Properties = std::vector<std::pair<std::string, std::string>>;
    const Bridge named{PayloadKind::text, "line {topic.1}"};
    const auto nick = [](const Bridge& bridge, Properties properties) {
        return bridge.hear(foreign("x", std::move(properties)))->nick;
    };
    CHECK(nick(text, {{"XMPPFrom", "foo@rooms.example.org/romeo"}}) == "romeo");
    CHECK(nick(text, {{"XMPPFrom", "romeo@example.org"}}) == "romeo");
    CHECK(nick(text, {{"XMPPFrom", "plc"}}) == "plc");
    CHECK(nick(text, {{"nick", " sensor 7 "}}) == "sensor 7");
    CHECK(nick(named, {{"nick", "sensor 7"}}) == "sensor 7");
    CHECK(nick(named, {}) == "line bar");
    CHECK(nick(named, {{"nick", "\xE2\x80\x8B"}}) == "line bar");
    CHECK(nick(text, {{"XMPPFrom", "a@b/\xE2\x80\xAE"}, {"nick", "plc"}}) == "plc");
    CHECK(nick(text, {{"user-id", "plc"}}) == "plc");
    CHECK(nick(text, {{"user-id", "plc"}, {"nick", "sensor 7"}}) == "sensor 7");
    CHECK(nick(text, {{"nick", "a\nb"}}) == "main");
    CHECK(nick(text, {{"nick", std::string(5000, 'n')}}) == std::string(20, 'n'));
    CHECK(nick(text, {{"XMPPFrom", ""}}) == "main");
    CHECK(json.hear(R"({"body":"x","nick":"plc"})")->nick == "plc");
    CHECK(json.hear(R"({"body":"x","from":"a@b/plc"})")->nick == "plc");
    CHECK(json.hear(foreign(R"({"body":"x"})", {{"nick", "plc"}}))->nick == "plc");
}

TEST_CASE("a nick out of a topic with hostile levels falls back to the broker's name") {
    const Bridge named{PayloadKind::text, "{topic.1}"};
    auto delivery = foreign("x", {});
    for (const auto* address : {"foo", "foo/", "foo/\xE2\x80\xAEx", "foo/ ", "foo/\x01"}) {
        delivery.address = address;
        CHECK(named.hear(delivery)->nick == "main");
    }
}

TEST_CASE("inward JSON needs a body alone; other fields of the wrong type are absent") {
    const auto heard =
        json.hear(R"({"body":"hi","nick":7,"id":{"a":1},"time":[],"lang":null,"x":{"body":"no"},"y":[{"nick":"z"}]})")
            .value();
    CHECK(heard.body == "hi");
    CHECK(heard.nick == "main");
    CHECK(heard.id.empty());
    CHECK_FALSE(heard.said_at);
    CHECK(json.hear(R"( {"x":[1,"two",{"three":3}],"body":"h\u00e9"} )")->body == "h\xC3\xA9");
    CHECK(json.hear(R"({"body":"x","id":"job 7"})")->id == "job 7");
    CHECK(json.hear(R"({"body":"x","time":"2026-11-22T12:00:00Z"})")->said_at);
}

TEST_CASE("what is not JSON with a body is shown as it came, never dropped, never an empty line") {
    for (const std::string& payload : std::vector<std::string>{
             "plain", "{", "{}", "[]", "[\"body\"]", "\"body\"", "7", "null", R"({"body":7})", R"({"body":null})",
             R"({"body":""})", R"({"body":["x"]})", R"({"body":"x"} trailing)", R"({"body":"\ud800"})",
             R"({"a":{"body":"x"}})", R"({"body":"x",})", R"({"body":"x","n":1e999999})", "{\"body\":\"a\tb\"}",
             R"({"body":1,"body":"second"})"}) {
        const auto heard = json.hear(payload);
        REQUIRE(heard);
        CHECK(heard->body == payload);
        CHECK_FALSE(heard->sealed);
    }
    CHECK(json.hear(foreign("plain", {{"nick", "plc"}}))->nick == "plc");
}

TEST_CASE("a line sealed by properties is known under a JSON rule too, whatever its body is") {
    const auto line = carry(text.mapper->outbound(text.binding, example()));
    CHECK(json.hear(line)->sealed);
}

TEST_CASE("JSON bombs cost neither the stack nor time") {
    const auto start = std::chrono::steady_clock::now();
    for (const char bomb : {'[', '{', '"', '1', ' ', '\\'}) {
        CHECK(json.hear(std::string(5'000'000, bomb))->body.size() <= 1000);
        CHECK(json.hear("{\"a\":" + std::string(5'000'000, bomb) + "}")->cut);
    }
    std::string nested = "{\"body\":\"x\",\"a\":", keys = "{\"body\":\"x\"";
    for (int i = 0; i < 100000; ++i) {
        nested += "{\"a\":";
        keys += ",\"body\":\"y\"";
    }
    CHECK(json.hear(nested)->cut);
    CHECK(json.hear(keys + "}")->body == "x");
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{60});
}

TEST_CASE("a huge payload with a seal is not worth hashing") {
    auto line = carry(text.mapper->outbound(text.binding, example(std::string(300'000, 'x'))));
    CHECK_FALSE(text.hear(line)->sealed);
    CHECK(text.hear(line)->cut);
    CHECK(text.hear(line)->raw.empty());
}

TEST_CASE("every truncation of a line is heard or silent, and never sealed") {
    const auto line = carry(json.mapper->outbound(json.binding, example()));
    for (std::size_t size = 0; size < line.payload.size(); ++size) {
        const auto heard = json.hear(line.payload.substr(0, size));
        CHECK(heard.has_value() == (size > 0));
        CHECK_FALSE((heard && heard->sealed));
    }
}
