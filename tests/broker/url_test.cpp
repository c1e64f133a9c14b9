#include "broker/url.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("an MQTT URL has its scheme's port unless it says another") {
    const auto plain = parse_broker_url("mqtt://localhost");
    REQUIRE(plain.has_value());
    CHECK(plain->host == "localhost");
    CHECK(plain->port == 1883);
    CHECK_FALSE(plain->tls);
    const auto tls = parse_broker_url("mqtts://broker.example.org/");
    REQUIRE(tls.has_value());
    CHECK(tls->port == 8883);
    CHECK(tls->tls);
    CHECK(parse_broker_url("mqtts://broker.example.org:443")->port == 443);
}

TEST_CASE("an IPv6 address stands in brackets") {
    const auto url = parse_broker_url("mqtt://[::1]:1884");
    REQUIRE(url.has_value());
    CHECK(url->host == "::1");
    CHECK(url->port == 1884);
    CHECK(to_string(*url) == "mqtt://[::1]:1884");
    CHECK(parse_broker_url("mqtt://::1").has_error());
    CHECK(parse_broker_url("mqtt://[::1").has_error());
    for (const auto* text : {"mqtt://[host]", "mqtt://[127.0.0.1]:1883", "mqtt://[[::1]]", "mqtt://ho[st", "mqtt://[]"})
        CHECK_MESSAGE(parse_broker_url(text).has_error(), text);
}

TEST_CASE("user and password are percent-decoded (RFC 3986 §2.1)") {
    const auto url = parse_broker_url("mqtt://me%40home:p%3Aw%2f%25@host:1999");
    REQUIRE(url.has_value());
    CHECK(url->username == "me@home");
    CHECK(url->password == "p:w/%");
    CHECK(url->port == 1999);
    CHECK(to_string(*url) == "mqtt://host:1999");
    CHECK(parse_broker_url("mqtt://me@host")->password.empty());
    CHECK(parse_broker_url("mqtt://m%4@host").has_error());
    CHECK(parse_broker_url("mqtt://m%@host").has_error());
    CHECK(parse_broker_url("mqtt://m%zz@host").has_error());
    CHECK(parse_broker_url("mqtt://m%41@host")->username == "mA");
}

TEST_CASE("a malformed MQTT URL is refused without showing its password") {
    for (const char* text : {"", "mqtt", "mqtt:", "mqtt:host", "mqtt://", "mqtt://:1883", "mqtt://host:",
                             "mqtt://host:0", "mqtt://host:65536", "mqtt://host:1883x", "mqtt://host:-1",
                             "mqtt://host/path", "mqtt://a b", "mqtt://host?x=y", "tcp://host", "MQTT://host"})
        CHECK_MESSAGE(parse_broker_url(text).has_error(), text);
    const auto refused = parse_broker_url("mqtt://me:secret@host:port");
    REQUIRE(refused.has_error());
    CHECK(refused.error().text.find("secret") == std::string::npos);
    CHECK(refused.error().text.find("me:***@host:port") != std::string::npos);
}

TEST_CASE("an embedded broker's port is chosen or fixed") {
    CHECK(*parse_embedded_url("embedded:") == 0);
    CHECK(*parse_embedded_url("embedded:?port=1999") == 1999);
    CHECK(*parse_embedded_url("embedded://127.0.0.1:1999") == 1999);
    for (const char* text :
         {"embedded", "embedded:?port=", "embedded:?port=x", "embedded:?port=0", "embedded:?port=70000",
          "embedded://0.0.0.0:1883", "embedded://127.0.0.1", "embedded:1883"})
        CHECK_MESSAGE(parse_embedded_url(text).has_error(), text);
}

TEST_CASE("an AMQP broker's URL ends with its virtual host") {
    const auto plain = parse_broker_url("amqp://guest:gu%40st@rabbit");
    CHECK(plain->amqp);
    CHECK(plain->port == 5672);
    CHECK(plain->vhost == "/");
    CHECK(plain->password == "gu@st");
    CHECK(to_string(*plain) == "amqp://rabbit:5672");
    CHECK(parse_broker_url("amqps://rabbit")->port == 5671);
    CHECK(parse_broker_url("amqps://rabbit")->tls);
    CHECK(parse_broker_url("amqp://rabbit/")->vhost == "/");
    CHECK(parse_broker_url("amqp://rabbit/%2F")->vhost == "/");
    CHECK(parse_broker_url("amqp://rabbit:1/plant%20one")->vhost == "plant one");
    CHECK(to_string(*parse_broker_url("amqp://rabbit:1/plant%20one")) == "amqp://rabbit:1/plant%20one");
    for (const char* text : {"amqp://", "amqp:rabbit", "amqp://rabbit/a/b", "amqp://rabbit/%zz", "amqp://rabbit:0/a"})
        CHECK(parse_broker_url(text).has_error());
    CHECK(parse_broker_url("amqp://rabbit/" + std::string(256, 'a')).has_error());
}
