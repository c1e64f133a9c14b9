#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>

#include "adapter.hpp"
#include "mosquitto.hpp"

using namespace mucbridge;

namespace {

const std::string status = "mucbridge/ground/status";
const std::string online = R"({"origin":"ground","state":"online"})";
const std::string offline = R"({"origin":"ground","state":"offline"})";

/// Every payload at the status topic, as somebody hears it who was there first.
struct Watcher {
    Adapter adapter;
    explicit Watcher(const Mosquitto& server) : adapter(server.url(), nullptr, "watcher") {
        REQUIRE(adapter.connect() == "up");
        REQUIRE(adapter.subscribe(status) == "granted 2");
    }
    bool hears(const std::string& payload) {
        return eventually([&] {
            const auto deliveries = adapter.deliveries();
            return !deliveries.empty() && deliveries.back().payload == payload;
        });
    }
};

}  // namespace

TEST_CASE("birth and will tell the truth: online, killed, online, ended cleanly") {
    Mosquitto server;
    server.start();
    Watcher watcher(server);
    for (const std::string version : {"mqtt-5", "mqtt-3.1.1"}) {
        for (const int how : {SIGKILL, 0}) {
            Program gateway({"/proc/self/exe", "--child", "announce", std::to_string(server.port()), version});
            REQUIRE(gateway.read_line() == "ready");
            CHECK(watcher.hears(online));
            CHECK(Adapter::read_retained(server.url(), status) == online);
            if (how == SIGKILL)
                gateway.signal(SIGKILL);
            else
                gateway.close_stdin();
            gateway.wait();
            CHECK(watcher.hears(offline));
            CHECK(Adapter::read_retained(server.url(), status) == offline);
        }
    }
}

TEST_CASE("a broker that dies: down once, every unsettled line released once, after it; then the same object again") {
    Mosquitto server;
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    server.signal(SIGSTOP);  // it acknowledges nothing more
    constexpr int lines = 15;
    std::atomic<int> settled{0}, released{0}, before_down{0};
    for (int i = 0; i < lines; ++i) {
        Publication publication;
        publication.address = "a";
        publication.payload = std::to_string(i);
        adapter.broker().publish(std::move(publication), [&](Settlement settlement) {
            ++settled;
            released += settlement.outcome == Settlement::Outcome::released ? 1 : 0;
            before_down += adapter.downs().empty() ? 1 : 0;
        });
    }
    server.kill();
    CHECK(eventually([&] { return settled == lines; }));
    CHECK(released.load() == lines);
    CHECK(before_down.load() == 0);
    REQUIRE(adapter.downs().size() == 1);
    CHECK(adapter.downs()[0].by_broker);
    CHECK(adapter.publish("a", "x") == "released: not connected");
    CHECK(adapter.subscribe("a") == "refused: not connected");
    CHECK(adapter.connect() == server.url() + ": connection refused");
    server.start();
    CHECK(adapter.connect() == "up");
    CHECK(adapter.publish("a", "x") == "accepted");
    CHECK(settled.load() == lines);
    CHECK(adapter.downs().size() == 2);
}

TEST_CASE("a second client with the same id takes the connection over: the broker closed it") {
    Mosquitto server;
    server.start();
    Adapter first(server.url());
    REQUIRE(first.connect() == "up");
    Adapter second(server.url());
    REQUIRE(second.connect() == "up");
    REQUIRE(eventually([&] { return first.downs().size() == 1; }));
    CHECK(first.downs()[0].reason == server.url() + ": the broker closed the connection");
    CHECK(first.downs()[0].by_broker);
}

TEST_CASE("a broker that ends the connection with a DISCONNECT is quoted [MQTT 5 §3.14]") {
    Mosquitto server;
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    CHECK(shown(adapter.subscribe("a/#/b")) == doctest::Contains("refused: the filter"));
    CHECK(adapter.downs().empty());
    std::string deep = "a";
    for (int i = 0; i < 300; ++i)
        deep += "/a";  // mosquitto takes 200 levels
    CHECK(shown(adapter.subscribe(deep)) == doctest::Contains("refused: "));
    REQUIRE(eventually([&] { return adapter.downs().size() == 1; }));
    CHECK(shown(adapter.downs()[0].reason) == doctest::Contains("the broker ended the connection: "));
    CHECK(adapter.downs()[0].by_broker);
}

TEST_CASE("a broker that falls silent is given up after the keep alive, as a cut is [MQTT-3.1.2-24]") {
    Mosquitto server;
    server.start();
    Adapter adapter(server.url(), [](BrokerConfig& config) { config.keep_alive = std::chrono::seconds(1); });
    REQUIRE(adapter.connect() == "up");
    server.signal(SIGSTOP);
    REQUIRE(eventually([&] { return adapter.downs().size() == 1; }));
    CHECK(adapter.downs()[0].reason == server.url() + ": the connection was lost");
    CHECK_FALSE(adapter.downs()[0].by_broker);
}

TEST_CASE("no such host, nobody there: told in words") {
    CHECK(shown(Adapter("mqtt://broker.invalid").connect()) ==
          doctest::Contains("mqtt://broker.invalid:1883: no such host"));
    Mosquitto server;  // not started
    CHECK(Adapter(server.url()).connect() == server.url() + ": connection refused");
}

TEST_CASE("an end in the middle of anything is quick, and releases what is unsettled") {
    Mosquitto server;
    server.start();
    std::atomic<int> released{0};
    {
        Adapter adapter(server.url());
        REQUIRE(adapter.connect() == "up");
        server.signal(SIGSTOP);
        Publication publication;
        publication.address = "a";
        adapter.broker().publish(publication, [&](Settlement settlement) {
            released += settlement.outcome == Settlement::Outcome::released ? 1 : 0;
        });
    }
    CHECK(released.load() == 1);
    const auto started = std::chrono::steady_clock::now();
    { Adapter(server.url()).broker().connect(true); }  // the stopped broker will not answer
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(3));
    server.signal(SIGCONT);
}
