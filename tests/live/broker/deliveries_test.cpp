#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "adapter.hpp"
#include "mosquitto.hpp"

using namespace mucbridge;

namespace {

const std::string self = "/proc/self/exe";

/// What a client with a persistent session hears after it was killed inside the callback for "kept".
std::string heard_after_death(const std::string& version, const std::string& qos) {
    Mosquitto server("allow_anonymous true\npersistence false\n");
    server.start();
    const auto port = std::to_string(server.port());
    Program victim({self, "--child", "hear", version, qos, port, "die"});
    REQUIRE(victim.read_line() == "ready");
    Adapter publisher(server.url());
    REQUIRE(publisher.connect() == "up");
    REQUIRE(publisher.publish("ground/line", "kept", 2) == "accepted");
    const int status = victim.wait();
    REQUIRE(WIFSIGNALED(status));
    Program heir({self, "--child", "hear", version, qos, port, "tell"});
    REQUIRE(heir.read_line() == "ready");
    return heir.read_line();
}

}  // namespace

TEST_CASE("a process killed inside the callback gets the line again: MQTT 5 at QoS 1 and 2, 3.1.1 at QoS 1 [S7]") {
    CHECK(heard_after_death("5", "1") == "heard kept");
    CHECK(heard_after_death("5", "2") == "heard kept");
    CHECK(heard_after_death("3.1.1", "1") == "heard kept");
}

TEST_CASE("MQTT 3.1.1 at QoS 2 loses it, so the adapter subscribes there at QoS 1 [S7]") {
    CHECK(heard_after_death("3.1.1", "2") == "nothing");
    Mosquitto server;
    server.start();
    Adapter old(server.url(), [](BrokerConfig& config) { config.protocol = "mqtt-3.1.1"; });
    REQUIRE(old.connect() == "up");
    CHECK(old.subscribe("a", 2) == "granted 1");
    Adapter current(server.url(), nullptr, "current");
    REQUIRE(current.connect() == "up");
    CHECK(current.subscribe("a", 2) == "granted 2");
}

namespace {

/// How long some thousand lines take, there and back, when the callback posts and, or not, writes to a journal first.
double seconds_for_lines(const Mosquitto& server, int journal, int lines) {
    std::mutex mutex;
    std::vector<std::string> posted;
    Adapter adapter(server.url(), nullptr, "journal", [&](Delivery delivery) {
        if (journal >= 0 && ::write(journal, delivery.payload.data(), delivery.payload.size()) < 0)
            return;
        const std::lock_guard lock(mutex);
        posted.push_back(delivery.payload.substr(0, delivery.payload.find(' ')));
    });
    REQUIRE(adapter.connect() == "up");
    REQUIRE(adapter.subscribe("many", 1) == "granted 1");
    const auto started = std::chrono::steady_clock::now();
    CHECK(adapter.publish_many("many", lines) == lines);
    CHECK(eventually([&] {
        const std::lock_guard lock(mutex);
        return posted.size() >= static_cast<std::size_t>(lines);
    }));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    const std::lock_guard lock(mutex);
    bool in_order = posted.size() == static_cast<std::size_t>(lines);
    for (std::size_t i = 0; in_order && i < posted.size(); ++i)
        in_order = posted[i] == std::to_string(i);
    CHECK(in_order);
    return took.count();
}

}  // namespace

TEST_CASE("a callback that does one write to a journal and posts keeps up, and keeps the order [S3] [S7]") {
    constexpr int lines = 5000;
    Mosquitto server("allow_anonymous true\nmax_inflight_messages 100\nmax_queued_messages 100000\n");
    server.start();
    const TemporaryFolder folder;
    const int journal = ::open((folder / "journal").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE(journal >= 0);
    const double bare = seconds_for_lines(server, -1, lines);
    const double journaled = seconds_for_lines(server, journal, lines);
    ::close(journal);
    MESSAGE("lines/s there and back: " << lines / bare << ", with a journal " << lines / journaled << ", ratio "
                                       << bare / journaled);
}

TEST_CASE("Receive Maximum is read, and a window of it is never refused [MQTT-4.9.0-1]") {
    Mosquitto server("allow_anonymous true\nmax_inflight_messages 5\n");
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    CHECK(adapter.facts().protocol == "MQTT 5");
    CHECK(adapter.facts().window == 5);
    for (const int qos : {0, 1, 2})
        CHECK(adapter.publish_many("many", 1000, qos) == 1000);
    CHECK(adapter.downs().empty());
}

TEST_CASE("MQTT 5 carries properties there and back, and marks what was retained before the subscription alone") {
    Mosquitto server;
    server.start();
    Adapter adapter(server.url());
    REQUIRE(adapter.connect() == "up");
    REQUIRE(adapter.publish("a/b", "old", 1, true) == "accepted");
    REQUIRE(adapter.subscribe("a/#") == "granted 2");
    REQUIRE(adapter.publish("a/b", "new", 1, true) == "accepted");
    REQUIRE(eventually([&] { return adapter.deliveries().size() == 2; }));
    const auto deliveries = adapter.deliveries();
    CHECK(deliveries[0].payload == "old");
    CHECK(deliveries[0].retained);
    CHECK(deliveries[1].payload == "new");
    CHECK_FALSE(deliveries[1].retained);
    CHECK(deliveries[1].address == "a/b");
    CHECK(deliveries[1].content_type == "text/plain");
    REQUIRE(deliveries[1].property("nick") != nullptr);
    CHECK(*deliveries[1].property("nick") == "romeo");
    adapter.broker().unsubscribe("a/#");
    Adapter old(
        server.url(), [](BrokerConfig& config) { config.protocol = "mqtt-3.1.1"; }, "old");
    REQUIRE(old.connect() == "up");
    REQUIRE(old.subscribe("a/b") == "granted 1");
    REQUIRE(eventually([&] { return old.deliveries().size() == 1; }));
    CHECK(old.deliveries()[0].retained);
    CHECK(old.deliveries()[0].properties.empty());
}

TEST_CASE("publishing inside a delivery's callback works, and so does publishing past the window until Paho's end") {
    Mosquitto server;
    server.start();
    std::atomic<int> answered{0};
    Adapter* self_reference = nullptr;
    Adapter adapter(server.url(), nullptr, "loop", [&](Delivery delivery) {
        Publication reply;
        reply.address = "reply";
        reply.payload = delivery.payload;
        self_reference->broker().publish(std::move(reply), [&](Settlement) { ++answered; });
    });
    self_reference = &adapter;
    REQUIRE(adapter.connect() == "up");
    REQUIRE(adapter.subscribe("ask") == "granted 2");
    for (int i = 0; i < 10; ++i)
        REQUIRE(adapter.publish("ask", std::to_string(i)) == "accepted");
    CHECK(eventually([&] { return answered == 10; }));
}
