#include "store/spool.hpp"

#include <doctest/doctest.h>

#include "store/store.hpp"

using namespace mucbridge;

namespace {

SpooledLine line(const std::string& key, std::uint64_t position) {
    SpooledLine out;
    out.broker = "main";
    out.key = key;
    out.position = position;
    out.address = "garden";
    out.said.room = *Jid::parse("garden@rooms.localhost");
    out.said.occupant = *Jid::parse("garden@rooms.localhost/romeo");
    out.said.nick = "romeo";
    out.said.line.stanza_id = key;
    out.said.line.body = "But soft \U0001F319";
    out.said.line.answers = "another";
    out.said.said_at = WallTime(std::chrono::milliseconds(5));
    out.is_shown = true;
    return out;
}

}  // namespace

TEST_CASE("what is spooled comes back in its order, once, until the broker has it [S6]") {
    const auto tables = *Tables::open(":memory:");
    Spool& spool = tables->spool;
    SpooledLine mirrored = line("b", 2);
    mirrored.mirror = 3;
    mirrored.said.line.body.reset();
    REQUIRE(spool.put(mirrored).has_value());
    REQUIRE(spool.put(line("a", 1)).has_value());
    REQUIRE(spool.put(line("a", 9)).has_value());
    auto lines = *spool.load();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].key == "a");
    CHECK(lines[0].position == 1);
    CHECK_FALSE(lines[0].mirror.has_value());
    CHECK(lines[0].said.line.body == "But soft \U0001F319");
    CHECK(lines[0].said.line.answers == "another");
    CHECK(to_string(lines[0].said.occupant) == "garden@rooms.localhost/romeo");
    CHECK(lines[0].said.said_at == WallTime(std::chrono::milliseconds(5)));
    CHECK(lines[1].mirror == 3);
    REQUIRE(spool.remove("main", "a").has_value());
    REQUIRE(spool.remove("main", "nobody").has_value());
    CHECK(spool.load()->size() == 1);
    REQUIRE(spool.set_aside("main", "b", "why", WallTime(std::chrono::milliseconds(9))).has_value());
    CHECK(spool.load()->empty());
    const auto aside = *spool.set_aside_lines("main", 10);
    REQUIRE(aside.latest.size() == 1);
    CHECK(aside.count == 1);
    CHECK(aside.latest.front().reason == "why");
    CHECK(spool.set_aside_lines("other", 10)->count == 0);
}

TEST_CASE("an archive has a room's lines by number and by time, and nothing is pruned that may be read again [S7]") {
    const auto tables = *Tables::open(":memory:");
    Archive& archive = tables->archive;
    for (std::uint64_t number = 1; number <= 5; ++number) {
        PastLine past;
        past.number = number;
        past.nick = "romeo";
        past.line.body = std::to_string(number);
        past.heard_id = "heard";
        past.line.answers = "another";
        past.shown_at = WallTime(std::chrono::seconds(number));
        REQUIRE(archive.put("garden", past, 10 + number).has_value());
    }
    const auto bodies = [](const std::vector<PastLine>& lines) {
        std::string out;
        for (const auto& each : lines)
            out += *each.line.body;
        return out;
    };
    CHECK(bodies(*archive.tail("garden", 2)) == "45");
    CHECK(bodies(*archive.tail("garden", 9, 3)) == "12");
    CHECK(archive.tail("garden", 1)->front().line.answers == "another");
    CHECK(bodies(*archive.since("garden", WallTime(std::chrono::seconds(3)), 9, 5)) == "34");
    CHECK(archive.tail("cellar", 9)->empty());
    CHECK(archive.tail("garden", 1)->front().heard_id == "heard");
    CHECK(*archive.has_journal("garden", 13));
    CHECK_FALSE(*archive.has_journal("cellar", 13));
    CHECK(*archive.last_journal() == 15);
    REQUIRE(archive.prune_room("garden", 4, 12).has_value());
    CHECK(bodies(*archive.tail("garden", 9)) == "2345");
    CHECK_FALSE(*archive.prune(WallTime(std::chrono::seconds(5)), 14));
    CHECK(bodies(*archive.tail("garden", 9)) == "45");
    REQUIRE(archive.forget_room("garden").has_value());
    CHECK(archive.tail("garden", 9)->empty());
}

TEST_CASE("what fails in a batch is told to whoever asked for it, and to nobody else [S7]") {
    const auto store = *Store::open(":memory:", Durability::power);
    std::vector<std::string> told;
    const auto note = [&](const char* name) {
        return [&told, name](const Result<void>& outcome) {
            told.push_back(name + std::string(outcome ? "" : ": " + outcome.error().text));
        };
    };
    store->write(
        1, [](Tables& tables) { return tables.spool.put(line("a", 1)); }, note("a"));
    store->write(
        1, [](Tables&) -> Result<void> { return Error{"no"}; }, note("b"));
    store->write(
        1, [](Tables& tables) { return tables.spool.put(line("c", 2)); }, note("c"));
    CHECK(store->waiting_bytes() == 3);
    while (store->poll()) {
    }
    CHECK(told == std::vector<std::string>{"a", "b: no", "c"});
    CHECK(store->waiting_bytes() == 0);
    CHECK(store->trouble() == "no");
    CHECK(store->tables().spool.load()->size() == 2);
    store->start();
    store->write(
        1, [](Tables& tables) { return tables.spool.remove("main", "a"); }, note("d"));
    store->stop();
    CHECK(told.back() == "d");
    CHECK(store->trouble().empty());
}
