#include "store/store.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "scratch.hpp"

using namespace mucbridge;

namespace {

PastLine line(std::uint64_t number, std::size_t bytes) {
    PastLine out;
    out.number = number;
    out.nick = "romeo";
    out.line.stanza_id = "id " + std::to_string(number);
    out.line.body = std::string(bytes, 'x');
    return out;
}

Store::Job put(std::uint64_t number, std::size_t bytes = 10) {
    return [number, bytes](Tables& tables) { return tables.archive.put("garden", line(number, bytes), 0); };
}

Store::Job fail() {
    return [](Tables&) -> Result<void> { return Error{"not this one"}; };
}

std::vector<std::uint64_t> numbers(Store& store) {
    std::vector<std::uint64_t> out;
    for (const PastLine& each : *store.tables().archive.tail("garden", 1000))
        out.push_back(each.number);
    return out;
}

}  // namespace

TEST_CASE("of a batch, the trouble of one is not another's") {
    const auto store = *Store::open(":memory:", Durability::process);
    std::string told;
    const auto tell = [&](const Result<void>& outcome) { told += outcome ? "done " : outcome.error().text + " "; };
    store->write(1, put(1), tell);
    store->write(1, fail(), tell);
    store->write(1, put(2), tell);
    CHECK(store->waiting_bytes() == 3);
    while (store->poll()) {
    }
    CHECK(told == "done not this one done ");
    CHECK(numbers(*store) == std::vector<std::uint64_t>{1, 2});
    CHECK(store->waiting_bytes() == 0);
}

TEST_CASE("whoever hears that a write failed is told of the trouble, and whoever hears of one that did not, of none") {
    const auto store = *Store::open(":memory:", Durability::process);
    std::vector<std::string> troubles;
    const auto look = [&](const Result<void>&) { troubles.push_back(store->trouble()); };
    for (const auto& job : {fail(), put(1), fail()}) {
        store->write(1, job, look);
        store->poll();
    }
    CHECK(troubles == std::vector<std::string>{"not this one", "", "not this one"});
    store->write(1, put(2));
    store->write(1, fail());
    store->write(1, put(3), look);
    store->poll();
    CHECK(troubles.back() == "not this one");
    CHECK(store->trouble() == "not this one");
}

TEST_CASE("a full database takes what finds room, says that it is full, and takes the rest when there is room") {
    const Scratch scratch;
    const auto store = *Store::open(scratch.path(), Durability::process);
    const auto limit_pages = [&](const std::string& count) {
        REQUIRE(store->tables().database->run("PRAGMA max_page_count = " + count).has_value());
    };
    limit_pages("1");  // SQLite makes that as many as there are
    int done = 0, failed = 0;
    const auto count = [&](const Result<void>& outcome) { ++(outcome ? done : failed); };
    store->write(1, put(1, 10), count);
    store->write(1, put(2, 100000), count);
    store->write(1, put(3, 10), count);
    store->poll();
    CHECK(done == 2);
    CHECK(failed == 1);
    CHECK(numbers(*store) == std::vector<std::uint64_t>{1, 3});
    CHECK(has(store->trouble(), "the disk is full"));
    limit_pages("1000000");
    store->write(1, put(2, 100000), count);
    store->poll();
    CHECK(done == 3);
    CHECK(store->trouble().empty());
    CHECK(numbers(*store) == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("a store that was stopped has done all that it was asked for, and can be started again") {
    const auto store = *Store::open(":memory:", Durability::process);
    for (std::uint64_t round = 0; round < 2; ++round) {
        store->start();
        for (std::uint64_t number = 1; number <= 100; ++number)
            store->write(1, put(100 * round + number));
        store->stop();
        CHECK(numbers(*store).size() == 100 * (round + 1));
    }
}

TEST_CASE("the archive knows a line by the delivery that brought it at last, and keeps the first") {
    const auto tables = *Tables::open(":memory:");
    REQUIRE(tables->archive.put("garden", line(1, 10), 0).has_value());
    REQUIRE(tables->archive.note_journal("garden", 1, 7).has_value());
    CHECK(*tables->archive.has_journal("garden", 7));
    REQUIRE(tables->archive.note_journal("garden", 1, 8).has_value());
    REQUIRE(tables->archive.note_journal("garden", 2, 9).has_value());
    CHECK_FALSE(*tables->archive.has_journal("garden", 8));
    CHECK_FALSE(*tables->archive.has_journal("garden", 9));
    CHECK(*tables->archive.last_journal() == 7);
}
