#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "broker/memory.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_config.hpp"
#include "gateway/control.hpp"
#include "gateway/gateway.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"
#include "xmpp/room_client.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

/// A gateway on a memory broker, in this process, and the bus beside it.
class Running {
public:
    explicit Running(const std::string& bus_name) : bus(MemoryBus::named(bus_name)) {
        ConfigFlags flags;
        flags.listen = {"xmpp://127.0.0.1:0"};
        flags.broker = "memory:" + bus_name;
        flags.state = state = folder.path("state");
        flags.loops = "1";
        auto made = Gateway::make(load_config(flags, {}).config);
        REQUIRE(made.has_value());
        gateway = std::move(*made);
        auto opened = ControlServer::open(control_path(state), [this] { return gateway->status(); });
        REQUIRE(opened.has_value());
        control = std::move(*opened);
        gateway->start();
        REQUIRE(run({"wait", "--state", state, "--timeout", "10"}).code == 0);
    }
    ~Running() { gateway->stop(1s); }

    RoomVisit visit(const std::string& nick) const {
        return {gateway->listening().front(), "localhost", "", "", *Jid::parse("foo.bar@rooms.localhost"), nick};
    }

    TemporaryFolder folder;
    std::string state;
    std::shared_ptr<MemoryBus> bus;
    std::unique_ptr<Gateway> gateway;
    std::unique_ptr<ControlServer> control;
};

Tick soon() { return std::chrono::steady_clock::now() + 10s; }

/// The next event of that kind; others are passed over.
template <class T>
T next(RoomClient& client) {
    while (auto event = client.next(soon())) {
        if (auto* found = std::get_if<T>(&*event))
            return *found;
        if (const auto* ended = std::get_if<RoomEnded>(&*event))
            FAIL(ended->reason);
    }
    FAIL("no such event in time");
    return {};
}

}  // namespace

TEST_CASE("a line that is sent to a room is shown before send exits with 0 [S1, S5]") {
    const Running running("visit-send");
    std::vector<std::string> heard;
    const auto ear =
        running.bus->subscribe("foo/bar", [&](const Delivery& delivery) { heard.push_back(delivery.payload); });
    const auto outcome = run({"send", "foo.bar@rooms.localhost", "a", "<b> & c", "--state", running.state});
    CHECK(outcome.errors == "");
    CHECK(outcome.code == 0);
    CHECK(heard == std::vector<std::string>{"a <b> & c"});
}

TEST_CASE("a refused line exits with 69 and the broker's reason [S5]") {
    const Running running("visit-refused");
    running.bus->refuse_publish("foo/bar", "not authorized");
    const auto outcome = run({"send", "--room", "foo.bar", "hello", "--state", running.state});
    CHECK(outcome.code == exit_code::unavailable);
    CHECK(has(outcome.errors, "line 1: "));
    CHECK(has(outcome.errors, "not authorized"));
}

TEST_CASE("a line that nobody confirms exits with 75, unless there is time to keep it on disk [S6]") {
    const Running running("visit-held");
    running.bus->hold_settlements(true);
    running.bus->hold_deliveries(true);
    const std::vector<std::string> words{"send", "--room", "foo.bar", "hello", "--state", running.state};
    auto hurried = words;
    hurried.insert(hurried.end(), {"--timeout", "1"});
    const auto outcome = run(hurried);
    CHECK(outcome.code == exit_code::try_again);
    CHECK(has(outcome.errors, "not confirmed in time"));
    CHECK(run(words).code == 0);
    CHECK(has(run({"status", "--state", running.state}).out, " on disk"));
}

TEST_CASE("what is no XML text is not sent, and exits with 64") {
    const Running running("visit-control");
    const auto outcome = run({"send", "--room", "foo.bar",
                              "a\x01"
                              "b",
                              "--state", running.state});
    CHECK(outcome.code == exit_code::usage);
    CHECK(has(outcome.errors, "line 1: want UTF-8 text without control characters"));
}

TEST_CASE("a nick that nobody asked for gives way, one that was asked for is refused") {
    const Running running("visit-nick");
    RoomClient other(running.visit("mucbridge-send"));
    next<RoomJoined>(other);
    CHECK(run({"send", "--room", "foo.bar", "one", "--state", running.state}).code == 0);
    const auto line = next<RoomLine>(other);
    CHECK(line.body == "one");
    CHECK(line.nick.find("mucbridge-send-") == 0);
    CHECK_FALSE(line.is_ours);
    const auto outcome =
        run({"send", "--room", "foo.bar", "two", "--nick", "mucbridge-send", "--state", running.state});
    CHECK(outcome.code == exit_code::unavailable);
    CHECK(has(outcome.errors, "conflict"));
}

TEST_CASE("tail prints the lines of a room until the count, text or JSON") {
    const Running running("visit-tail");
    const auto tail = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words{"tail", "foo.bar@rooms.localhost", "--state", running.state, "--timeout", "10"};
        words.insert(words.end(), more.begin(), more.end());
        // The lines come again and again, for tail says only to its reader when it has joined.
        std::atomic<bool> done{false};
        std::thread publisher([&] {
            while (!done) {
                Publication publication;
                publication.address = "foo/bar";
                publication.payload = "from the\nbus";
                running.bus->publish(std::move(publication));
                std::this_thread::sleep_for(10ms);
            }
        });
        auto outcome = run(words);
        done = true;
        publisher.join();
        return outcome;
    };
    const auto text = tail({"--count", "2"});
    CHECK(text.code == 0);
    CHECK(has(text.errors, "joined foo.bar@rooms.localhost"));
    CHECK(std::count(text.out.begin(), text.out.end(), '\n') == 2);
    CHECK(has(text.out, ": from the\\x0abus\n"));
    const auto json = tail({"--count", "1", "--json"});
    CHECK(json.code == 0);
    CHECK(json.out.find("{\"room\":\"foo.bar@rooms.localhost\",\"nick\":\"") == 0);
    CHECK(has(json.out, "\"body\":\"from the\\nbus\""));
    CHECK(has(json.out, "\"delayed\":false}"));
}

TEST_CASE("tail of a silent room ends in time, with 75 where a count was wanted") {
    const Running running("visit-silence");
    CHECK(run({"tail", "--room", "quiet", "--timeout", "2", "--state", running.state}).code == 0);
    const auto counted = run({"tail", "--room", "quiet", "--timeout", "2", "--count", "1", "--state", running.state});
    CHECK(counted.code == exit_code::try_again);
    CHECK(counted.out.empty());
}

TEST_CASE("a memory broker is nobody else's, and send says so") {
    const Running running("visit-memory");
    const auto outcome = run({"send", "foo/bar", "x", "--broker", "memory:visit-memory", "--state", running.state});
    CHECK(outcome.code == exit_code::unavailable);
    CHECK(has(outcome.errors, "lives inside the gateway"));
}

TEST_CASE("a visitor is told who else speaks, and that the service shuts down") {
    auto running = std::make_unique<Running>("visit-client");
    RoomClient romeo(running->visit("romeo"));
    CHECK(next<RoomJoined>(romeo).created);
    RoomClient juliet(running->visit("juliet"));
    CHECK_FALSE(next<RoomJoined>(juliet).created);
    const auto id = romeo.say("But soft");
    const auto own = next<RoomLine>(romeo);
    CHECK(own.is_ours);
    CHECK(own.id == id);
    CHECK_FALSE(own.stanza_id.empty());
    const auto heard = next<RoomLine>(juliet);
    CHECK_FALSE(heard.is_ours);
    CHECK(heard.nick == "romeo");
    CHECK(heard.body == "But soft");
    CHECK(heard.stanza_id == own.stanza_id);
    romeo.leave(soon());
    running.reset();
    std::optional<RoomEvent> last;
    while (auto event = juliet.next(soon()))
        last = std::move(event);
    REQUIRE(last);
    REQUIRE(std::holds_alternative<RoomEnded>(*last));
    CHECK(std::get<RoomEnded>(*last).reason == "the service shuts down");
}

TEST_CASE("a visit that cannot be says why") {
    const Running running("visit-why");
    const auto why = [](RoomVisit visit) {
        RoomClient client(std::move(visit));
        const auto event = client.next(soon());
        REQUIRE(event);
        REQUIRE(std::holds_alternative<RoomEnded>(*event));
        return std::get<RoomEnded>(*event).reason;
    };
    auto visit = running.visit("romeo");
    visit.server = "xmpp://127.0.0.1:1";
    CHECK(why(visit) == "xmpp://127.0.0.1:1: Connection refused");
    visit.server = "http://127.0.0.1:1";
    CHECK(has(why(visit), "xmpp://"));
    visit = running.visit("romeo");
    visit.domain = "elsewhere";
    CHECK(has(why(visit), "the server ended the stream"));
    visit = running.visit("romeo");
    visit.username = "a@b";
    visit.password = "x";
    CHECK(has(why(visit), "want a user's name without its domain"));
}

}  // namespace mucbridge
