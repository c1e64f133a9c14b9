#include "gateway/link.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "broker/memory.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

Publication publication(const std::string& address, const std::string& payload) {
    return {address, payload, 1, false, "text/plain", true, {}};
}

/// A broker that answers subscriptions when it is told to.
struct Hesitant : Broker {
    Hesitant(std::unique_ptr<Broker> broker, std::vector<std::function<void()>>& list)
        : inner(std::move(broker)), withheld(list) {}
    void connect(bool is_fresh) override { inner->connect(is_fresh); }
    void keep_session(bool is_kept) override { inner->keep_session(is_kept); }
    void publish(Publication publication, std::function<void(Settlement)> settled) override {
        inner->publish(std::move(publication), std::move(settled));
    }
    void subscribe(std::string filter, SubscriptionWish wish, std::function<void(Granted)> answered) override {
        withheld.emplace_back([this, filter, wish, answered] { inner->subscribe(filter, wish, answered); });
    }
    void unsubscribe(std::string filter) override { inner->unsubscribe(filter); }
    void announce(const std::string& state) override { inner->announce(state); }

    std::unique_ptr<Broker> inner;
    std::vector<std::function<void()>>& withheld;
};

/// A link on a loop that is polled, with what it told the rooms and what the broker got.
struct Linked {
    Now now{Tick{} + 1h, WallTime{}};
    Loop loop{0, [this] { return now; }};
    std::shared_ptr<MemoryBus> bus = std::make_shared<MemoryBus>();
    std::vector<std::string> told, published;
    int away = 0;
    std::shared_ptr<void> listening =
        bus->subscribe("garden", [this](Delivery delivery) { published.push_back(delivery.payload); });
    std::unique_ptr<Store> store = *Store::open(":memory:", Durability::process);
    std::unique_ptr<Link> link;
    const bool is_hesitant;
    std::vector<std::function<void()>> withheld;

    explicit Linked(BrokerConfig config = {}, BrokerFacts facts = {}, bool hesitant = false) : is_hesitant(hesitant) {
        bus->pretend(facts);
        LinkEvents events;
        events.on_up = [this](const BrokerFacts&) { told.emplace_back("up"); };
        events.on_away = [this](const std::string&) {
            ++away;
            told.emplace_back("away");
        };
        events.on_granted = [this](const std::string& room, const std::string& filter, const Granted& granted) {
            told.push_back(room + " " + filter + (granted.granted ? " granted" : " refused: " + granted.reason));
        };
        events.on_waiting = [this](const std::string&, const std::string& id) { told.push_back(id + " waits"); };
        events.on_spooled = [this](const std::string&, const std::string& id) { told.push_back(id + " spooled"); };
        events.on_full = [this](const std::string&, const std::string& id, const std::string& reason) {
            told.push_back(id + (reason.empty() ? " full" : " not kept: " + reason));
        };
        events.on_settled = [this](const std::string& room, const std::string& id, const Settlement& settlement) {
            const bool accepted = settlement.outcome == Settlement::Outcome::accepted;
            told.push_back(room + " " + id + (accepted ? " accepted" : " rejected: " + settlement.reason));
        };
        events.on_delivery = [this](const std::shared_ptr<Turn>& turn) {
            told.push_back(turn->room() + " hears " + turn->hear()->payload);
        };
        auto made = Link::make(
            loop, config, std::move(events),
            [this](const BrokerConfig& broker, BrokerEvents broker_events) {
                auto opened = make_memory_broker(bus, broker, {"tested", true, ""}, std::move(broker_events));
                if (is_hesitant)
                    opened = std::make_unique<Hesitant>(std::move(opened), withheld);
                return Result<std::unique_ptr<Broker>>(std::move(opened));
            },
            {*store});
        REQUIRE(made.has_value());
        link = std::move(*made);
    }
    ~Linked() { link.reset(); }

    void connect() {
        link->connect();
        loop.poll();
    }
    /// The first attempt, and it fails.
    void miss() {
        bus->set_up(false);
        connect();
        bus->set_up(true);
        told.clear();
    }
    void say(const std::string& id) {
        Window::Entry entry;
        entry.id = id;
        entry.room = "garden";
        entry.said.line.body = id;
        entry.said.said_at = now.wall;
        entry.make = [](const Said& said, WallTime) { return publication("garden", *said.line.body); };
        link->publish(std::move(entry));
        poll();
    }
    void pass(std::chrono::milliseconds time) {
        for (; time > 0ms; time -= 10ms) {
            now.tick += 10ms;
            now.wall += 10ms;
            poll();
        }
    }
    void poll() {
        while (store->poll() || loop.poll()) {
        }
    }
    std::vector<std::string> take() { return std::exchange(told, {}); }
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a link that is up says so, to its rooms and to the broker") {
    Linked test;
    CHECK(test.link->status().state == "connecting");
    test.connect();
    CHECK(test.take() == Told{"up"});
    CHECK(test.link->status().state == "up");
    CHECK(test.link->status().facts.protocol == "");
    const auto status = test.bus->retained("mucbridge/tested/status");
    REQUIRE(status.size() == 1);
    CHECK(status.front().payload.find("online") != std::string::npos);
    test.link->close();
    CHECK(test.bus->retained("mucbridge/tested/status").front().payload.find("offline") != std::string::npos);
}

TEST_CASE("a subscription that is asked for while the broker is away is answered when it is there") {
    Linked test;
    test.link->subscribe("garden", "garden", 1);
    test.loop.poll();
    CHECK(test.take().empty());
    test.connect();
    CHECK(test.take() == Told{"up", "garden garden granted"});
    // One more room with the same filter gets the answer that is known.
    test.link->subscribe("orchard", "garden", 1);
    test.loop.poll();
    CHECK(test.take() == Told{"orchard garden granted"});
    test.bus->publish(publication("garden", "21 C"));
    test.loop.poll();
    CHECK(test.take() == Told{"garden hears 21 C", "orchard hears 21 C"});
    test.link->unsubscribe("garden", "garden");
    test.bus->publish(publication("garden", "22 C"));
    test.loop.poll();
    CHECK(test.take() == Told{"orchard hears 22 C"});
    test.link->unsubscribe("orchard", "garden");
    test.bus->publish(publication("garden", "23 C"));
    test.loop.poll();
    CHECK(test.take().empty());
}

TEST_CASE("a refused subscription is told in the broker's words") {
    Linked test;
    test.bus->refuse_subscribe("secret", "not authorized");
    test.connect();
    test.take();
    test.link->subscribe("secret", "secret", 1);
    test.loop.poll();
    CHECK(test.take() == Told{"secret secret refused: not authorized"});
}

TEST_CASE("lines that are said while the broker is away wait, and go out in order once it answered [S6]") {
    Linked test;
    test.miss();
    test.link->subscribe("garden", "garden", 1);
    test.say("one");
    test.say("two");
    CHECK(test.take() == Told{"one spooled", "two spooled"});
    CHECK(test.link->status().waiting == 2);
    test.pass(500ms);
    CHECK(test.published == Told{"one", "two"});
    // The room listens again before its lines go out: none of them can be missed.
    CHECK(test.take() == Told{"up", "garden garden granted", "garden one accepted", "garden hears one",
                              "garden two accepted", "garden hears two"});
    CHECK(test.link->status().in_flight == 2);
    test.link->home("one");
    test.link->home("two");
    CHECK(test.link->status().in_flight == 0);
}

TEST_CASE("a queue that is full refuses at once [S6]") {
    BrokerConfig config;
    config.queue_lines = 1;
    Linked test(config);
    test.miss();
    test.say("one");
    test.say("two");
    CHECK(test.take() == Told{"one spooled", "two full"});
}

TEST_CASE("no more lines are out than the broker takes, settled ones included until they are home") {
    BrokerFacts facts;
    facts.window = 2;
    Linked test({}, facts);
    test.connect();
    for (const auto* id : {"one", "two", "three"})
        test.say(id);
    CHECK(test.published == Told{"one", "two"});
    CHECK(test.link->status().waiting == 1);
    test.link->home("one");
    test.loop.poll();
    CHECK(test.published == Told{"one", "two", "three"});
}

TEST_CASE("a rejected line is over, and the next one goes [S5]") {
    BrokerFacts facts;
    facts.window = 1;
    Linked test({}, facts);
    test.bus->refuse_publish("garden", "quota exceeded");
    test.connect();
    test.take();
    test.say("one");
    test.say("two");
    CHECK(test.take() == Told{"garden one rejected: quota exceeded", "garden two rejected: quota exceeded"});
    CHECK(test.link->status().in_flight == 0);
}

TEST_CASE("what a lost connection left unsettled is published again, what it settled is not [S1]") {
    Linked test;
    test.connect();
    test.say("settled");
    test.bus->hold_settlements(true);
    test.say("unsettled");
    test.bus->cut();
    test.bus->hold_settlements(false);
    test.poll();
    CHECK(test.take() == Told{"up", "garden settled accepted", "away", "unsettled spooled"});
    test.pass(500ms);
    CHECK(test.take() == Told{"up", "garden unsettled accepted"});
    CHECK(test.published == Told{"settled", "unsettled", "unsettled"});
}

TEST_CASE("until the first attempt is over, nothing is shown before what an earlier process published last [S3]") {
    Linked test;
    test.link->connect();
    test.say("early");
    CHECK(test.take() == Told{"up", "garden early accepted"});
    Linked away;
    away.bus->set_up(false);
    away.say("early");
    CHECK(away.take().empty());
    away.link->connect();
    away.poll();
    CHECK(away.take() == Told{"away", "early spooled"});
    Linked silent;
    silent.say("early");
    silent.pass(3s);
    CHECK(silent.take() == Told{"early spooled"});
}

TEST_CASE("each try makes the publication anew, for the seal covers its time") {
    Linked test;
    test.connect();
    test.bus->hold_settlements(true);
    std::vector<WallTime> times;
    Window::Entry entry;
    entry.id = "one";
    entry.room = "garden";
    entry.make = [&](const Said&, WallTime when) {
        times.push_back(when);
        return publication("garden", "one");
    };
    entry.said.said_at = test.now.wall;
    test.link->publish(std::move(entry));
    test.bus->cut();
    test.poll();
    test.pass(500ms);
    REQUIRE(times.size() == 2);
    CHECK(times[0] < times[1]);
}

TEST_CASE("a broker that is away is tried again and again, ever less often, and the rooms hear of it") {
    Linked test;
    test.bus->set_up(false);
    test.connect();
    test.pass(2s);
    CHECK(test.away >= 2);
    const int first_seconds = test.away;
    test.pass(20min);
    // At most 30 s lie between two tries, and on average half of that.
    CHECK(test.away - first_seconds >= 40);
    CHECK(test.away - first_seconds <= 200);
    CHECK(test.link->status().state == "down");
    CHECK(test.link->status().reason.find("down") != std::string::npos);
    test.bus->set_up(true);
    test.pass(31s);
    CHECK(test.link->status().state == "up");
    CHECK(test.link->status().reason.empty());
}

TEST_CASE("a line on which the broker closes the connection three times running is set aside") {
    Linked test;
    test.connect();
    test.bus->hold_settlements(true);
    test.say("poison");
    for (int round = 0; round < 3; ++round) {
        test.bus->set_up(false);
        test.loop.poll();
        test.say("waits");
        test.bus->set_up(true);
        for (int tries = 0; tries < 4000 && test.link->status().state != "up"; ++tries)
            test.pass(10ms);
        REQUIRE(test.link->status().state == "up");
    }
    const auto told = test.take();
    CHECK(std::count(told.begin(), told.end(),
                     "garden poison rejected: the broker closes the connection when it is given this line") == 1);
    CHECK(std::count(test.published.begin(), test.published.end(), "poison") == 3);
}

TEST_CASE(
    "lines that the broker lacks are on disk, in order, before they are told of, and gone when it has them [S6]") {
    Linked test;
    test.connect();
    test.bus->set_up(false);
    test.poll();
    test.say("one");
    test.say("two");
    CHECK(test.take() == Told{"up", "away", "one spooled", "two spooled"});
    const auto kept = test.store->tables().spool.load();
    REQUIRE(kept.has_value());
    REQUIRE(kept->size() == 2);
    CHECK(kept->at(0).key == "one");
    CHECK(kept->at(1).said.line.body == "two");
    CHECK(test.link->status().spooled == 2);
    test.bus->set_up(true);
    test.pass(40s);
    CHECK(test.published == Told{"one", "two"});
    CHECK(test.store->tables().spool.load()->empty());
    CHECK(test.link->status().spooled == 0);
}

TEST_CASE("a line that the broker does not settle within two seconds is on disk too [S6]") {
    Linked test;
    test.connect();
    test.bus->hold_settlements(true);
    test.say("one");
    test.pass(1s);
    test.say("two");
    test.pass(990ms);
    CHECK(test.take() == Told{"up"});
    test.pass(20ms);
    CHECK(test.take() == Told{"one spooled"});
    test.pass(1s);
    CHECK(test.take() == Told{"two spooled"});
    test.bus->hold_settlements(false);
    test.poll();
    CHECK(test.take() == Told{"garden one accepted", "garden two accepted"});
    CHECK(test.store->tables().spool.load()->empty());
}

TEST_CASE("what an earlier process left is published before anything new, in its order [S6]") {
    Linked test;
    const auto make = [&](const std::string& id, std::uint64_t position) {
        Window::Entry entry;
        entry.id = id;
        entry.room = "garden";
        entry.position = position;
        entry.said.line.body = id;
        entry.said.said_at = test.now.wall;
        entry.make = [](const Said& said, WallTime) { return publication("garden", *said.line.body); };
        return entry;
    };
    test.link->restore(make("second", 8));
    test.link->restore(make("first", 7));
    test.say("new");
    test.connect();
    test.poll();
    CHECK(test.published == Told{"first", "second", "new"});
}

TEST_CASE("a line that waited for too long is set aside, told and listed [S6]") {
    BrokerConfig config;
    config.queue_age = std::chrono::hours(1);
    Linked test(config);
    test.bus->set_up(false);
    test.connect();
    test.say("old");
    test.take();
    test.now.tick += 61min;
    test.now.wall += 61min;
    test.poll();
    const auto told = test.take();
    CHECK(std::ranges::count(told, "garden old rejected: it waited for longer than queue_age") == 1);
    const auto status = test.link->status();
    CHECK(status.waiting == 0);
    CHECK(status.set_aside.count == 1);
    const auto listed = test.store->tables().spool.set_aside_lines("main", 10);
    REQUIRE(listed.has_value());
    REQUIRE(listed->latest.size() == 1);
    CHECK(listed->latest.front().reason == "it waited for longer than queue_age");
    test.bus->set_up(true);
    test.pass(40s);
    CHECK(test.published.empty());
}

TEST_CASE("what the disk does not take is refused, unless the broker may have it [S6]") {
    Linked test;
    test.connect();
    test.bus->hold_settlements(true);
    test.say("sent");
    REQUIRE(test.store->tables().database->run("PRAGMA query_only = ON").has_value());
    test.bus->cut();
    test.poll();
    CHECK(test.take() == Told{"up", "away", "sent waits"});
    test.say("unsent");
    const auto told = test.take();
    // The disk is asked again for the other one, too.
    REQUIRE(told.size() == 2);
    CHECK(told.front() == "sent waits");
    CHECK(told.back().starts_with("unsent not kept: "));
    REQUIRE(test.store->tables().database->run("PRAGMA query_only = OFF").has_value());
    test.bus->set_up(false);
    test.pass(3s);
    const auto later = test.take();
    CHECK(std::ranges::count(later, "sent spooled") == 1);
}

TEST_CASE("what waited goes out when the rooms are subscribed again, so that they hear it in the broker's order [S2]") {
    Linked test({}, {}, true);
    test.link->subscribe("garden", "garden", 1);
    test.connect();
    test.say("a");
    CHECK(test.published.empty());
    REQUIRE(test.withheld.size() == 1);
    test.withheld.front()();
    test.poll();
    CHECK(test.published == Told{"a"});
    const auto told = test.take();
    CHECK(std::ranges::count(told, "garden hears a") == 1);
}

TEST_CASE("a broker that does not answer a subscription holds no line up for long") {
    Linked test({}, {}, true);
    test.link->subscribe("garden", "garden", 1);
    test.connect();
    test.say("a");
    test.pass(4s);
    CHECK(test.published.empty());
    test.pass(2s);
    CHECK(test.published == Told{"a"});
}
