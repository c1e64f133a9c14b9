#include <doctest/doctest.h>

#include <set>

#include "gateway/line_key.hpp"
#include "housed.hpp"

using namespace mucbridge;

namespace {

const std::string garden = "garden@rooms.localhost";
constexpr WallTime day{std::chrono::hours{24}};

SpooledLine spooled(std::uint64_t number) {
    SpooledLine out;
    out.broker = Config{}.brokers.front().name;
    out.position = number;
    out.address = "garden";
    out.said.room = *Jid::parse(garden);
    out.said.occupant = *Jid::parse(garden + "/romeo");
    out.said.nick = "romeo";
    out.said.line.stanza_id = "id " + std::to_string(number);
    out.said.line.body = "line " + std::to_string(number);
    out.said.said_at = day + std::chrono::seconds(number);
    out.key = make_line_key(garden, {std::nullopt, out.said.line.stanza_id});
    out.is_shown = true;
    return out;
}

PastLine archived(const SpooledLine& line) {
    PastLine out;
    out.number = line.position;
    out.nick = line.said.nick;
    out.line = line.said.line;
    out.said_at = out.shown_at = out.published_at = line.said.said_at;
    out.is_ours = true;
    return out;
}

}  // namespace

TEST_CASE("however long the outage, what is spooled and archived is said no second time by the next process [S6]") {
    constexpr std::uint64_t count = 5000;
    auto store = *Store::open(":memory:", Durability::process);
    Tables& tables = store->tables();
    REQUIRE(tables.rooms.put({garden, "{}", {}, {}, {}}).has_value());
    for (std::uint64_t number = 1; number <= count; ++number) {
        const SpooledLine line = spooled(number);
        REQUIRE(tables.spool.put(line).has_value());
        REQUIRE(tables.archive.put(garden, archived(line), 0).has_value());
    }
    Housed house(1, {}, std::move(store));
    std::set<std::string> ids;
    const auto lines = *house.hub->store().tables().archive.tail(garden, 2 * count);
    for (const PastLine& line : lines)
        ids.insert(line.line.stanza_id);
    CHECK(lines.size() == count);
    CHECK(ids.size() == count);
}
