#include <doctest/doctest.h>

#include "muc/history.hpp"
#include "muc/last_payloads.hpp"
#include "muc/line_names.hpp"
#include "muc/recent_ids.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

WallTime at(int seconds) { return WallTime{std::chrono::seconds{1'800'000'000 + seconds}}; }

History::Entry entry(const std::string& body, int seconds) {
    History::Entry entry;
    entry.nick = "n";
    entry.line.body = body;
    entry.said_at = entry.shown_at = at(seconds);
    return entry;
}

std::string bodies(const History& history, const HistoryWish& wish) {
    std::string text;
    for (const auto* each : history.wanted(wish, at(100), 0).recent)
        text += *each->line.body;
    return text;
}

}  // namespace

TEST_CASE("ids are remembered up to the limit, the oldest goes first") {
    RecentIds ids{2};
    ids.add("a", {at(1), false});
    ids.add("b", {at(2), true});
    ids.add("b", {at(9), false});
    REQUIRE(ids.find("b"));
    CHECK(ids.find("b")->is_ours);
    CHECK(ids.forgotten_until() < at(0));
    ids.add("c", {at(3), false});
    CHECK_FALSE(ids.find("a"));
    CHECK(ids.find("c"));
    CHECK(ids.size() == 2);
}

TEST_CASE("what was forgotten is known by its latest publication time") {
    RecentIds ids{1};
    ids.add("a", {at(7), false});
    ids.add("b", {at(5), false});
    ids.add("c", {at(9), false});
    CHECK(ids.forgotten_until() == at(7));
}

TEST_CASE("the last payload of an address is known, fresh and retained apart") {
    LastPayloads payloads;
    CHECK_FALSE(payloads.has("t", "on"));
    payloads.add("t", "on", true);
    payloads.add("t", "off", false);
    CHECK(payloads.has("t", "on"));
    CHECK(payloads.has("t", "off"));
    CHECK_FALSE(payloads.has("u", "on"));
    payloads.add("t", "dim", false);
    CHECK_FALSE(payloads.has("t", "off"));
}

TEST_CASE("payloads are remembered for so many addresses, those used lately first") {
    LastPayloads payloads{2};
    payloads.add("a", "1", false);
    payloads.add("b", "1", false);
    payloads.add("a", "2", false);
    payloads.add("c", "1", false);
    CHECK(payloads.size() == 2);
    CHECK(payloads.has("a", "2"));
    CHECK_FALSE(payloads.has("b", "1"));
}

TEST_CASE("history keeps the last lines, oldest first [XEP-0045 §7.2.13]") {
    History history{3, 100};
    for (int each = 0; each < 5; ++each)
        history.add(entry(std::to_string(each), each));
    CHECK(bodies(history, {}) == "234");
    History none{0, 100};
    none.add(entry("x", 0));
    CHECK(bodies(none, {}).empty());
}

TEST_CASE("a joiner gets the least that meets every limit [XEP-0045 §7.2.14]") {
    History history{10, 100};
    for (int each = 0; each < 5; ++each)
        history.add(entry(std::to_string(each), each * 10));
    HistoryWish wish;
    wish.max_stanzas = 2;
    CHECK(bodies(history, wish) == "34");
    wish.max_stanzas = 0;
    CHECK(bodies(history, wish).empty());
    wish = {};
    wish.max_characters = 3 * 297 + 296;  // each is a stanza around a nick and a body of one character
    CHECK(bodies(history, wish) == "234");
    wish.max_characters = 0;
    CHECK(bodies(history, wish).empty());
    wish = {};
    wish.seconds = 80s;
    CHECK(bodies(history, wish) == "234");
    wish.since = at(40);
    CHECK(bodies(history, wish) == "4");
    wish.since = at(0);
    CHECK(bodies(history, wish) == "234");
}

TEST_CASE("characters are those of whole stanzas: addresses, escapes, children [XEP-0045 §7.2.14]") {
    const auto fits = [](const History::Entry& entry, std::size_t addresses, std::size_t characters) {
        History history{1, 100};
        history.add(entry);
        HistoryWish wish;
        wish.max_characters = characters;
        return !history.wanted(wish, at(100), addresses).recent.empty();
    };
    const auto measures = [&](const History::Entry& entry, std::size_t addresses, std::size_t characters) {
        return fits(entry, addresses, characters) && !fits(entry, addresses, characters - 1);
    };
    CHECK(measures(entry("x", 0), 0, 297));
    CHECK(measures(entry("x", 0), 100, 397));
    CHECK(measures(entry("<&>", 0), 0, 297 - 1 + 4 + 5 + 4));
    CHECK(measures(entry("\u20AC", 0), 0, 297));
    History::Entry whole = entry("x", 0);
    whole.nick = "d'A";
    whole.line.id = "12";
    whole.line.stanza_id = "345";
    whole.occupant_id = "6789";
    whole.line.extra = std::make_shared<const std::string>("<a/>");
    CHECK(measures(whole, 0, 297 - 1 + 8 + 2 + 3 + 4 + 4));
}

TEST_CASE("a wish of absurd numbers is met") {
    History history{10, 100};
    history.add(entry("x", 0));
    HistoryWish wish;
    wish.seconds = std::chrono::seconds::max();
    wish.max_stanzas = SIZE_MAX;
    wish.max_characters = SIZE_MAX;
    wish.since = WallTime::min();
    CHECK(bodies(history, wish) == "x");
    wish.seconds = std::chrono::seconds::min();
    CHECK(bodies(history, wish).empty());
}

TEST_CASE("publishers' names for their lines are known by place, both ways, and the oldest are forgotten") {
    LineNames names(2);
    names.add("one", {}, "ID:1");
    names.add("two", 0, "ID:1");
    CHECK(names.name_at({}, "one") == "ID:1");
    CHECK(names.name_at(0, "one") == "one");
    CHECK(names.name_at(0, "unknown") == "unknown");
    CHECK(names.stanza_id_of({}, "ID:1") == "one");
    CHECK(names.stanza_id_of(0, "ID:1") == "two");
    CHECK(names.stanza_id_of(1, "ID:1").empty());
    names.add("two", {}, "a second name");
    names.add("nameless", {}, "");
    names.add("itself", {}, "itself");
    CHECK(names.size() == 2);
    names.add("three", 0, "ID:1");
    CHECK(names.stanza_id_of(0, "ID:1") == "three");
    CHECK(names.stanza_id_of({}, "ID:1").empty());
    names.add("four", 0, "ID:4");
    CHECK_MESSAGE(names.stanza_id_of(0, "ID:1") == "three", "the name of the one that was forgotten has passed on");
    CHECK(names.name_at(0, "two") == "two");
    CHECK(names.size() == 2);
}
