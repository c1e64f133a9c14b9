#include "core/unique.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

constexpr WallTime start{1795362058123ms};  // 0x01A203ABB38B

std::uint64_t milliseconds_of(const std::string& id) {
    return std::stoull(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
}

}  // namespace

TEST_CASE("an id has the form of a UUID of version 7 and variant 10 [RFC 9562 §5.7]") {
    for (int i = 0; i < 1000; ++i) {
        const std::string id = make_uuid7(start);
        REQUIRE(id.size() == 36);
        for (std::size_t at = 0; at < id.size(); ++at) {
            const bool is_hyphen = at == 8 || at == 13 || at == 18 || at == 23;
            REQUIRE(std::string_view(is_hyphen ? "-" : "0123456789abcdef").find(id[at]) != std::string_view::npos);
        }
        REQUIRE(id[14] == '7');
        REQUIRE(std::string_view("89ab").find(id[19]) != std::string_view::npos);
    }
}

TEST_CASE("an id begins with the time in milliseconds [RFC 9562 §5.7]") {
    const WallTime later = start + 24h;
    CHECK(milliseconds_of(make_uuid7(later)) == static_cast<std::uint64_t>(later.time_since_epoch().count()));
}

TEST_CASE("ids of one millisecond are in the order in which they were made, however many [RFC 9562 §6.2]") {
    const WallTime now = start + 48h;
    std::string last = make_uuid7(now);
    for (int i = 0; i < 20000; ++i) {
        std::string next = make_uuid7(now);
        REQUIRE(last < next);
        last = std::move(next);
    }
    CHECK(make_uuid7(now + 1min) > last);
}

TEST_CASE("a clock that steps back a little does not take the order back with it [RFC 9562 §6.1]") {
    const WallTime now = start + 72h;
    const std::string before = make_uuid7(now);
    CHECK(make_uuid7(now - 5s) > before);
}

TEST_CASE("a clock that was far ahead is believed again once it is set right") {
    const WallTime now = start + 96h;
    make_uuid7(now + 24h);
    CHECK(milliseconds_of(make_uuid7(now)) == static_cast<std::uint64_t>(now.time_since_epoch().count()));
}

TEST_CASE("threads never make the same id, and each one's are in order") {
    const WallTime now = start + 1000h;
    std::vector<std::vector<std::string>> made(4);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : made)
            threads.emplace_back([&mine, now] {
                for (int i = 0; i < 5000; ++i)
                    mine.push_back(make_uuid7(now));
            });
    }
    std::set<std::string> all;
    for (const auto& mine : made) {
        CHECK(std::is_sorted(mine.begin(), mine.end()));
        all.insert(mine.begin(), mine.end());
    }
    CHECK(all.size() == 20000);
}

TEST_CASE("a time before 1970 is no reason to fail") {
    CHECK(make_uuid7(WallTime{-1ms}).size() == 36);
    CHECK(make_uuid7(WallTime::max()).size() == 36);
}

TEST_CASE("random digits are as many as asked for and never the same") {
    CHECK(make_random_hex(0).empty());
    std::set<std::string> made;
    for (int i = 0; i < 1000; ++i)
        made.insert(make_random_hex(16));
    CHECK(made.size() == 1000);
    const std::string digits = make_random_hex(1000);
    CHECK(digits.size() == 2000);
    CHECK(digits.find_first_not_of("0123456789abcdef") == std::string::npos);
}

TEST_CASE("a UUID version 8 is the same for the same words, and only for them [RFC 9562 §5.8]") {
    const std::string id = make_uuid8("1 1\ngarden\non");
    CHECK(id == make_uuid8("1 1\ngarden\non"));
    CHECK(is_uuid8(id));
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    CHECK_FALSE(is_uuid8(make_uuid7(WallTime{})));
    CHECK_FALSE(is_uuid8(""));
    std::set<std::string> ids;
    for (int each = 0; each < 20000; ++each)
        ids.insert(make_uuid8("1 " + std::to_string(each) + "\ngarden\non"));
    CHECK(ids.size() == 20000);
}
