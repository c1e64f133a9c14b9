#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>

#include "adapter.hpp"
#include "mosquitto.hpp"
#include "proxy.hpp"

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

TEST_CASE("a half-open connection is found within one and a half times the keep alive [MQTT-3.1.2-22]") {
    Mosquitto server;
    server.start();
    Proxy proxy(server.port());
    for (const std::string protocol : {"mqtt-5", "mqtt-3.1.1"}) {
        CAPTURE(protocol);
        constexpr std::chrono::seconds keep_alive(4);
        Adapter adapter(proxy.url(), [&](BrokerConfig& config) {
            config.keep_alive = keep_alive;
            config.protocol = protocol;
        });
        REQUIRE(adapter.connect() == "up");
        REQUIRE(adapter.publish("a", "x") == "accepted");
        const auto last_word = std::chrono::steady_clock::now();
        proxy.fall_silent(true);
        REQUIRE(eventually([&] { return adapter.downs().size() == 1; }));
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - last_word);
        MESSAGE("found after " << took.count() << " ms");
        CHECK(took < keep_alive * 3 / 2 + std::chrono::milliseconds(1500));  // Paho looks once a second
        CHECK_FALSE(adapter.downs()[0].by_broker);
        proxy.fall_silent(false);
        CHECK(adapter.connect(false) == "up");
    }
}

TEST_CASE("who is refused at the door is let in by the same object when the password works") {
    Mosquitto server("allow_anonymous false\npassword_file FOLDERpasswords\n");
    const auto allow = [&](const std::string& name) {
        run("mosquitto_passwd -b " + (server.folder() / "passwords") + " " + name + " secret");
    };
    run("touch " + (server.folder() / "passwords"));
    allow("romeo");
    server.start();
    Adapter adapter("mqtt://juliet:secret@127.0.0.1:" + std::to_string(server.port()));
    REQUIRE(shown(adapter.connect()) == doctest::Contains("not authorized"));
    CHECK(adapter.downs()[0].is_login_refused);
    allow("juliet");
    server.signal(SIGHUP);  // it reads the file again
    CHECK(eventually([&] { return adapter.connect(false) == "up"; }));
}

TEST_CASE("the status is true with a session that is kept: offline at goodbye and at a loss, online after a takeover") {
    Mosquitto server;
    server.start();
    Watcher watcher(server);
    {
        Adapter adapter(server.url());
        adapter.broker().keep_session(true);
        REQUIRE(adapter.connect(true) == "up");
        adapter.broker().announce("online");
        CHECK(watcher.hears(online));
    }
    CHECK(watcher.hears(offline));
    Proxy proxy(server.port());
    Adapter half_open(proxy.url());
    half_open.broker().keep_session(true);
    REQUIRE(half_open.connect(false) == "up");
    CHECK(half_open.facts().has_session);
    half_open.broker().announce("online");
    CHECK(watcher.hears(online));
    proxy.fall_silent(true);
    Adapter next(server.url());
    next.broker().keep_session(true);
    REQUIRE(next.connect(false) == "up");
    next.broker().announce("online");
    REQUIRE(next.publish("end", "x") == "accepted");
    CHECK(watcher.hears(online));
    CHECK(Adapter::read_retained(server.url(), status) == online);
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
