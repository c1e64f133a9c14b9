#include "store/journal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "scratch.hpp"

using namespace mucbridge;

namespace {

Delivery delivery(const std::string& payload) {
    Delivery out;
    out.address = "garden";
    out.payload = payload;
    out.qos = 1;
    out.duplicate = true;
    out.packet_id = 7;
    out.filter = "a.#";
    out.content_type = "text/plain";
    out.properties = {{"id", "one"}, {"", "empty name"}};
    out.stanza_id = "assigned";
    out.heard_at = WallTime(std::chrono::milliseconds(1234));
    return out;
}

std::vector<Journal::Entry> take(Journal& journal, std::vector<std::string>* troubles = nullptr) {
    return journal.take_unsettled([&](const std::string& trouble) {
        if (troubles)
            troubles->push_back(trouble);
    });
}

std::vector<std::string> files(const std::string& directory) {
    std::vector<std::string> out;
    for (const auto& file : std::filesystem::directory_iterator(directory))
        out.push_back(file.path().string());
    std::ranges::sort(out);
    return out;
}

}  // namespace

TEST_CASE("a second copy is not read again, also where its segment outlives the note's [S4]") {
    const Scratch scratch;
    const auto path = scratch.path("journal");
    const std::size_t segment_bytes = 900;
    const std::string long_text(segment_bytes, 'x');
    Delivery kept = delivery("kept"), copy = delivery(long_text + "copy");
    {
        auto journal = *Journal::open(path, 0, segment_bytes);
        REQUIRE(journal->append("main", kept).has_value());
        REQUIRE(journal->append("main", copy).has_value());
        Delivery other = delivery(long_text), another = delivery(long_text);
        REQUIRE(journal->append("main", other).has_value());  // the second segment
        journal->note_copy(copy.journal);
        other.receipt.reset();
        REQUIRE(journal->append("main", another).has_value());  // the third; the second goes
        CHECK(files(path).size() == 2);
    }
    for (int life = 0; life < 3; ++life) {
        std::vector<Journal::Entry> entries;  // what outlives the journal settles nothing
        auto journal = *Journal::open(path, 0, segment_bytes);
        entries = take(*journal);
        CHECK(std::ranges::none_of(entries, [](const auto& each) { return each.delivery.payload.ends_with("copy"); }));
        REQUIRE_FALSE(entries.empty());
        CHECK(entries.front().delivery.payload == "kept");
        CHECK(journal->offsets("").empty());
        Delivery next = delivery("next");
        REQUIRE(journal->append("main", next).has_value());
    }
}

TEST_CASE("what was acknowledged and not settled is read again, whole and in order [S7]") {
    const Scratch scratch;
    const std::string payload("a\0b", 3);
    {
        auto journal = *Journal::open(scratch.path("journal"), 41);
        Delivery one = delivery(payload), two = delivery("two");
        REQUIRE(journal->append("main", one).has_value());
        REQUIRE(journal->append("other", two).has_value());
        CHECK(one.journal == 42);
        CHECK(two.journal == 43);
        CHECK(one.receipt);
    }
    auto journal = *Journal::open(scratch.path("journal"), 0);
    auto entries = take(*journal);
    REQUIRE(entries.size() == 2);
    const Delivery& first = entries[0].delivery;
    CHECK(entries[0].broker == "main");
    CHECK(first.payload == payload);
    CHECK(first.journal == 42);
    CHECK(first.stanza_id == "assigned");
    CHECK(first.heard_at == WallTime(std::chrono::milliseconds(1234)));
    CHECK(first.packet_id == 7);
    CHECK(first.filter == "a.#");
    CHECK(first.duplicate);
    CHECK_FALSE(first.retained);
    CHECK(first.properties == delivery("").properties);
    CHECK(entries[1].broker == "other");
    Delivery three = delivery("three");
    REQUIRE(journal->append("main", three).has_value());
    CHECK(three.journal == 44);
    CHECK(take(*journal).empty());
}

TEST_CASE("a segment goes when all of it is settled, and until then its entries may be read again [S7]") {
    const Scratch scratch;
    const std::string directory = scratch.path("journal");
    auto journal = *Journal::open(directory, 0, 1);
    Delivery one = delivery("one"), two = delivery("two");
    REQUIRE(journal->append("main", one).has_value());
    REQUIRE(journal->append("main", two).has_value());
    CHECK(files(directory).size() == 2);
    CHECK(journal->low() == 1);
    two.receipt.reset();
    CHECK_MESSAGE(files(directory).size() == 2, "it is the one that is written to");
    Delivery copy = one;
    one.receipt.reset();
    CHECK_MESSAGE(files(directory).size() == 2, "somebody has yet to keep it");
    copy.receipt.reset();
    CHECK(files(directory).size() == 1);
    CHECK(journal->low() == 2);
    journal = *Journal::open(directory, 0, 1);
    CHECK_MESSAGE(take(*journal).size() == 1, "settled, and still there: what has it in its archive passes it over");
}

TEST_CASE("a stream's offset outlives its deliveries, segments and processes, until it is forgotten [S7]") {
    const Scratch scratch;
    const std::string directory = scratch.path("journal");
    constexpr std::size_t small = 300;
    {
        auto journal = *Journal::open(directory, 0, small);
        for (std::uint64_t offset = 10; offset < 20; ++offset) {
            Delivery each = delivery("of a stream");
            each.offset = offset;
            REQUIRE(journal->append("main", each).has_value());
        }
        Delivery other = delivery("of another");
        other.filter = "b.#";
        other.offset = 0;
        REQUIRE(journal->append("main", other).has_value());
        Delivery queued = delivery("of a queue");
        REQUIRE(journal->append("main", queued).has_value());
        CHECK(files(directory).size() < 4);
        CHECK(journal->offsets("main") == std::map<std::string, std::uint64_t>{{"a.#", 19}, {"b.#", 0}});
        CHECK(journal->offsets("other").empty());
    }
    for (int process = 0; process < 3; ++process) {
        auto journal = *Journal::open(directory, 0, small);
        take(*journal);
        CHECK(journal->offsets("main") == std::map<std::string, std::uint64_t>{{"a.#", 19}, {"b.#", 0}});
    }
    CHECK(files(directory).size() == 1);
    {
        auto journal = *Journal::open(directory, 0, small);
        journal->forget_offset("main", "a.#");
        journal->forget_offset("main", "never noted");
        CHECK(journal->offsets("main") == std::map<std::string, std::uint64_t>{{"b.#", 0}});
    }
    CHECK((*Journal::open(directory, 0, small))->offsets("main") == std::map<std::string, std::uint64_t>{{"b.#", 0}});
}

TEST_CASE("an entry that is torn ends its segment, and what came before it is read [S7]") {
    const Scratch scratch;
    const std::string directory = scratch.path("journal");
    {
        auto journal = *Journal::open(directory, 0);
        Delivery one = delivery("one"), two = delivery("two");
        REQUIRE(journal->append("main", one).has_value());
        REQUIRE(journal->append("main", two).has_value());
    }
    const std::string file = files(directory).front();
    const auto whole = std::filesystem::file_size(file);
    std::filesystem::resize_file(file, whole - 1);
    auto journal = *Journal::open(directory, 0);
    std::vector<std::string> troubles;
    const auto entries = take(*journal, &troubles);
    REQUIRE(entries.size() == 1);
    CHECK(entries.front().delivery.payload == "one");
    REQUIRE(troubles.size() == 1);
    CHECK(has(troubles.front(), file));
}

TEST_CASE("a journal that cannot be opened says where, and one that is gone settles nothing") {
    const Scratch scratch;
    const auto in_the_way = Journal::open(scratch.write("journal", "a file"), 0);
    REQUIRE_FALSE(in_the_way.has_value());
    CHECK(has(in_the_way.error().text, scratch.path("journal")));
    Delivery one = delivery("one");
    {
        auto journal = *Journal::open(scratch.path("other"), 0);
        REQUIRE(journal->append("main", one).has_value());
    }
    one.receipt.reset();
    auto journal = *Journal::open(scratch.path("other"), 0);
    CHECK(take(*journal).size() == 1);
}
