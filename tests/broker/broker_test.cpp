#include "broker/broker.hpp"

#include <doctest/doctest.h>

#include "broker/status.hpp"
#include "core/address.hpp"

using namespace mucbridge;

TEST_CASE("a filter without wildcards selects its topic alone") {
    CHECK(matches_topic("a/b", "a/b"));
    CHECK_FALSE(matches_topic("a/b", "a/c"));
    CHECK_FALSE(matches_topic("a/b", "a"));
    CHECK_FALSE(matches_topic("a", "a/b"));
    CHECK_FALSE(matches_topic("a", "A"));
    CHECK(matches_topic("/", "/"));
    CHECK_FALSE(matches_topic("a/", "a"));
    CHECK_FALSE(matches_topic("a", "a/"));
}

TEST_CASE("# selects every level below and the parent [MQTT-4.7.1-1]") {
    CHECK(matches_topic("#", "a"));
    CHECK(matches_topic("#", "a/b/c"));
    CHECK(matches_topic("#", "/a"));
    CHECK(matches_topic("a/#", "a"));
    CHECK(matches_topic("a/#", "a/b"));
    CHECK(matches_topic("a/#", "a/b/c"));
    CHECK(matches_topic("a/#", "a/"));
    CHECK_FALSE(matches_topic("a/#", "ab"));
    CHECK_FALSE(matches_topic("a/#", "b/a"));
}

TEST_CASE("+ selects one level, also an empty one [MQTT-4.7.1-2]") {
    CHECK(matches_topic("+", "a"));
    CHECK_FALSE(matches_topic("+", "a/b"));
    CHECK_FALSE(matches_topic("+", "/a"));
    CHECK(matches_topic("+/+", "/finance"));
    CHECK(matches_topic("/+", "/finance"));
    CHECK(matches_topic("a/+", "a/"));
    CHECK_FALSE(matches_topic("a/+", "a"));
    CHECK(matches_topic("a/+/c", "a/b/c"));
    CHECK_FALSE(matches_topic("a/+/c", "a/b/d"));
    CHECK(matches_topic("+/b/#", "a/b"));
    CHECK(matches_topic("+/b/#", "a/b/c/d"));
}

TEST_CASE("a wildcard in front does not select $ topics [MQTT-4.7.2-1]") {
    CHECK_FALSE(matches_topic("#", "$SYS/x"));
    CHECK_FALSE(matches_topic("+/x", "$SYS/x"));
    CHECK(matches_topic("$SYS/#", "$SYS/x"));
    CHECK(matches_topic("$SYS/+", "$SYS/x"));
}

TEST_CASE("a publication with wildcards in its topic is malformed [MQTT-3.3.2-2]") {
    Publication publication;
    publication.address = "a/b";
    CHECK(why_malformed(publication).empty());
    for (const char* address : {"", "a/#", "+/b", "a\x01", "a\xff", "a\xc2\x85", "a\xef\xbf\xbf", "a\xed\xa0\x80"}) {
        publication.address = address;
        CHECK_MESSAGE(!why_malformed(publication).empty(), "address " << address);
    }
    publication.address = std::string("a\0b", 3);
    CHECK_FALSE(why_malformed(publication).empty());
    publication.address = std::string(65535, 'a');
    CHECK(why_malformed(publication).empty());
    publication.address += 'a';
    CHECK_FALSE(why_malformed(publication).empty());
}

TEST_CASE("a filter with a wildcard in the wrong place is malformed [MQTT-4.7.1-1] [MQTT-4.7.1-2]") {
    for (const char* filter : {"#", "+", "a", "a/#", "+/b", "/", "a//b", "$share/g/a"})
        CHECK_MESSAGE(why_malformed_filter(filter).empty(), filter);
    for (const char* filter : {"", "a#", "#/a", "a/#/b", "a+", "a/+b", "##", "\x01", "\xff"})
        CHECK_MESSAGE(!why_malformed_filter(filter).empty(), filter);
}

TEST_CASE("a property that an MQTT string cannot hold is malformed, and named [MQTT-1.5.4-1]") {
    Publication publication;
    publication.address = "a";
    publication.properties = {{"XMPPFrom", "ga\u00e4rden \U0001F33B"}};
    CHECK(why_malformed(publication).empty());
    publication.properties.emplace_back("nick", "two\nlines");
    CHECK(why_malformed(publication).find("property nick") == 0);
    publication.properties.back() = {"a\x7f", "b"};
    CHECK_FALSE(why_malformed(publication).empty());
    publication.properties.back() = {"nick", "\xf0\x9f\xbf\xbf"};  // U+1FFFF
    CHECK_FALSE(why_malformed(publication).empty());
}

TEST_CASE("the status is retained JSON, whatever the origin holds") {
    BrokerConfig config;
    CHECK(status_topic(config, {"abc"}) == "mucbridge/abc/status");
    config.status_topic = "house/chat";
    CHECK(status_topic(config, {"abc"}) == "house/chat");
    const auto status = make_status("t", "a\"b\\c\n", "online");
    CHECK(status.payload == R"({"origin":"a\"b\\c\u000a","state":"online"})");
    CHECK(status.retain);
    CHECK(status.qos == 1);
}

TEST_CASE("a broker URL of no known scheme is refused, with its key and without its password") {
    BrokerConfig config;
    config.name = "plant";
    config.url = "http://user:secret@host";
    const auto broker = open_broker(config, {"abc"}, {});
    REQUIRE(broker.has_error());
    CHECK(broker.error().text.find("brokers/plant/url: ") == 0);
    CHECK(broker.error().text.find("secret") == std::string::npos);
    config.url = "mqtt://";
    CHECK(open_broker(config, {"abc"}, {}).has_error());
    config.url = "mqtt://localhost";
    config.protocol = "mqtt-4";
    CHECK(open_broker(config, {"abc"}, {}).error().text.find("brokers/plant/protocol: ") == 0);
    config.protocol.clear();
    config.status_topic = "a/#";
    CHECK(open_broker(config, {"abc"}, {}).error().text.find("brokers/plant/status_topic: ") == 0);
}
