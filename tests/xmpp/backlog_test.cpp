#include "xmpp/backlog.hpp"

#include <doctest/doctest.h>

#include "xmpp/output.hpp"

using namespace mucbridge;

namespace {
constexpr std::size_t mebibyte = 1024 * 1024;
}

TEST_CASE("one who does not read may leave more unwritten than one of twenty") {
    Backlog alone(24 * mebibyte), crowded(24 * mebibyte);
    const auto fill = [](Backlog& backlog, std::size_t sessions) {
        std::size_t each = 0;
        while (each + 1000 <= backlog.most_of_one()) {
            each += 1000;
            for (std::size_t i = 0; i < sessions; ++i)
                backlog.grow(1000);
        }
        return each;
    };
    CHECK(fill(alone, 1) > 8 * mebibyte);
    const std::size_t share = fill(crowded, 20);
    CHECK(share > mebibyte);
    CHECK(20 * share < 24 * mebibyte);
}

TEST_CASE("a stanza or two may wait however much others leave unwritten") {
    Backlog backlog(mebibyte);
    backlog.grow(10 * mebibyte);
    CHECK(backlog.most_of_one() == 16 * 1024);
}

TEST_CASE("what gathers is written before the turn ends, each time that it is much more") {
    Backlog backlog;
    int written = 0;
    backlog.set_relief([&] { ++written; });
    backlog.grow(3 * mebibyte);
    CHECK(written == 0);
    backlog.grow(mebibyte);
    CHECK(written == 1);
    backlog.grow(3 * mebibyte);
    CHECK(written == 1);
    backlog.grow(mebibyte);
    CHECK(written == 2);
}

TEST_CASE("relief that writes makes room for as much again") {
    Backlog backlog;
    int written = 0;
    backlog.set_relief([&] {
        ++written;
        backlog.shrink(4 * mebibyte);
    });
    for (int i = 0; i < 10; ++i)
        backlog.grow(mebibyte);
    CHECK(written == 2);
}

TEST_CASE("the memory of an output that is empty serves the next") {
    Backlog backlog;
    Output one(backlog), other(backlog);
    const std::string words(1000, 'x');
    one.append({words, words});
    CHECK(one.unwritten().size() == 2000);
    one.wrote(500);
    CHECK(one.unwritten().size() == 1500);
    one.wrote(1500);
    CHECK(one.memory() < 100);
    other.append({"y"});
    CHECK(other.memory() >= 2000);
    CHECK(other.take() == "y");
    CHECK(other.empty());
}

TEST_CASE("what a session leaves behind counts no longer when it is gone") {
    Backlog backlog(mebibyte);
    {
        Output output(backlog);
        output.append({std::string(mebibyte, 'x')});
        CHECK(backlog.most_of_one() == 16 * 1024);
    }
    CHECK(backlog.most_of_one() == 2 * mebibyte);
}

TEST_CASE("who writes nothing while much is told is stuck, and who writes is not") {
    Backlog backlog(mebibyte);
    Output slow(backlog), steady(backlog);
    slow.append({"x"});
    steady.append({"xx"});
    backlog.grow(mebibyte / 4 - 3);
    CHECK(!slow.is_stuck());
    steady.wrote(1);
    backlog.grow(4);
    CHECK(slow.is_stuck());
    CHECK(!steady.is_stuck());
    slow.wrote(1);
    CHECK(!slow.is_stuck());
}

TEST_CASE("room is made once in a while") {
    Backlog backlog(mebibyte);
    std::size_t wanted = 0;
    backlog.set_eviction([&](std::size_t bytes) { wanted += bytes; });
    backlog.make_room();
    CHECK(wanted == mebibyte / 4);
    backlog.make_room();
    CHECK(wanted == mebibyte / 4);
    backlog.grow(mebibyte / 16);
    backlog.make_room();
    CHECK(wanted == mebibyte / 2);
}
