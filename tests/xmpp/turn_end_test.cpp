#include "xmpp/turn_end.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <string>

using namespace mucbridge;

namespace {

struct Story : TurnEnd::Waiting {
    void on_turn_end() override { text += "end "; }
    void on_relief() override { text += "relief "; }
    std::string text;
};

/// Work that makes more work, `turns` times.
void work(boost::asio::io_context& io, TurnEnd& turn_end, Story& story, int turns) {
    boost::asio::post(io, [&io, &turn_end, &story, turns] {
        turn_end.note_work();
        story.text += "work ";
        if (turns > 1)
            work(io, turn_end, story, turns - 1);
    });
}

}  // namespace

TEST_CASE("a turn ends when there is no more work") {
    boost::asio::io_context io;
    TurnEnd turn_end(io);
    const auto story = std::make_shared<Story>();
    work(io, turn_end, *story, 3);
    turn_end.add(story);
    io.run();
    CHECK(story->text == "work work work end ");
}

TEST_CASE("a turn ends though there is always more work") {
    boost::asio::io_context io;
    TurnEnd turn_end(io);
    const auto story = std::make_shared<Story>();
    work(io, turn_end, *story, 1000000);
    turn_end.add(story);
    while (story->text.find("end") == std::string::npos && io.run_one() > 0) {
    }
    CHECK(story->text.starts_with("work "));
    CHECK(story->text.ends_with("end "));
    CHECK(story->text.size() < 5000000);
}

TEST_CASE("who waits again while the turn ends is told at the end of the next one") {
    struct Again : TurnEnd::Waiting, std::enable_shared_from_this<Again> {
        explicit Again(TurnEnd& end) : turn_end(end) {}
        void on_turn_end() override {
            if (++told == 1)
                turn_end.add(shared_from_this());
        }
        void on_relief() override {}
        TurnEnd& turn_end;
        int told = 0;
    };
    boost::asio::io_context io;
    TurnEnd turn_end(io);
    const auto again = std::make_shared<Again>(turn_end);
    turn_end.add(again);
    CHECK(again->told == 0);
    io.run();
    CHECK(again->told == 2);
}

TEST_CASE("who waits for the end of the turn is relieved before it, and told at the end all the same") {
    boost::asio::io_context io;
    TurnEnd turn_end(io);
    const auto story = std::make_shared<Story>();
    turn_end.relieve();
    turn_end.add(story);
    turn_end.relieve();
    turn_end.relieve();
    io.run();
    CHECK(story->text == "relief relief end ");
}
