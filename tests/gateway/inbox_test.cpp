#include "gateway/inbox.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace mucbridge;

namespace {

using Heard = std::vector<std::string>;
using Turns = std::deque<std::shared_ptr<Turn>>;

/// A room's inbox on a broker whose bound is 8 lines and 80,000 bytes.
struct Received {
    std::shared_ptr<Pressure> pressure =
        std::make_shared<Pressure>(Pressure::Load{8, 80000}, std::make_shared<BrokerCalls>());
    std::shared_ptr<Inbox> inbox;

    explicit Received(Overflow overflow)
        : inbox(std::make_shared<Inbox>("main", "garden@rooms", overflow, pressure,
                                        [](const Delivery& delivery) { return delivery.payload.starts_with("our"); })) {
    }
    std::shared_ptr<Turn> put(std::string payload, Receipt receipt = {}) {
        auto delivery = std::make_shared<Delivery>();
        delivery->payload = std::move(payload);
        delivery->receipt = std::move(receipt);
        return inbox->put(std::move(delivery));
    }
    Turns put_all(const Heard& payloads) {
        Turns turns;
        for (const auto& payload : payloads)
            turns.push_back(put(payload));
        return turns;
    }
};

/// As the room's loop does: one after the other.
Heard hear(Turns turns) {
    Heard heard;
    for (; !turns.empty(); turns.pop_front()) {
        const Delivery* delivery = turns.front()->hear();
        heard.push_back(delivery ? delivery->payload : "lost");
    }
    return heard;
}

}  // namespace

TEST_CASE("what is put in is heard in that order") {
    for (const Overflow overflow : {Overflow::close, Overflow::drop_oldest}) {
        Received test(overflow);
        CHECK(hear(test.put_all({"1", "2", "3"})) == Heard{"1", "2", "3"});
        CHECK(test.pressure->load().lines == 0);
    }
}

TEST_CASE("where the broker is to be held back nothing is dropped") {
    Received test(Overflow::close);
    const auto turns = test.put_all(Heard(100, "1"));
    CHECK(test.pressure->load().lines == 100);
    CHECK(hear(turns) == Heard(100, "1"));
}

TEST_CASE("beyond half of the broker's bound the oldest is dropped, and its turn stays in its place") {
    Received test(Overflow::drop_oldest);
    auto turns = test.put_all({"1", "2", "3", "4", "5", "6"});
    CHECK(test.pressure->load().lines == 6);
    CHECK(hear(std::move(turns)) == Heard{"lost", "lost", "3", "4", "5", "6"});
    CHECK(hear(test.put_all({"7"})) == Heard{"7"});
}

TEST_CASE("the bytes have a bound too; a line that is larger than all of it is heard where it is alone") {
    Received test(Overflow::drop_oldest);
    const std::string large(30000, 'l'), huge(100000, 'h');
    CHECK(hear(test.put_all({huge})) == Heard{huge});
    CHECK(hear(test.put_all({large, large, "1"})) == Heard{"lost", large, "1"});
}

TEST_CASE("what is dropped is freed, and its receipt let go") {
    Received test(Overflow::drop_oldest);
    const auto receipt = std::make_shared<int>();
    Turns turns;
    turns.push_back(test.put("1", receipt));
    for (int i = 0; i < 4; ++i) {
        CHECK(receipt.use_count() == 2);
        turns.push_back(test.put("2"));
    }
    CHECK(receipt.use_count() == 1);
}

TEST_CASE("a line of ours is not dropped, nor what the room has begun to hear") {
    Received test(Overflow::drop_oldest);
    auto turns = test.put_all({"1", "our own", "3", "4"});
    REQUIRE(turns.front()->hear() != nullptr);
    for (const char* next : {"5", "6", "7"})
        turns.push_back(test.put(next));
    CHECK(hear(turns) == Heard{"1", "our own", "lost", "lost", "lost", "6", "7"});
}

TEST_CASE("where nothing waits that may be dropped it is the newest, unless it is ours") {
    Received test(Overflow::drop_oldest);
    auto turns = test.put_all({"1", "2", "3", "4"});
    // The room has said them; those whom it told have not.
    REQUIRE(hear(turns) == Heard{"1", "2", "3", "4"});
    CHECK(hear(test.put_all({"5", "our own"})) == Heard{"lost", "our own"});
    turns.clear();
    CHECK(hear(test.put_all({"6"})) == Heard{"6"});
}

TEST_CASE("turns that nobody takes leave no trace") {
    Received test(Overflow::drop_oldest);
    test.put_all({"1", "2", "3", "4", "5"});
    CHECK(test.pressure->load().lines == 0);
    CHECK(hear(test.put_all({"6", "7", "8", "9"})) == Heard{"6", "7", "8", "9"});
}

TEST_CASE("one loop puts in while another hears: each line is heard once, in order, or lost") {
    Received test(Overflow::drop_oldest);
    constexpr int lines = 20000;
    struct {
        std::mutex mutex;
        Turns turns;
    } mailbox;
    std::thread link([&] {
        for (int i = 1; i <= lines; ++i) {
            auto turn = test.put(std::to_string(i));
            const std::lock_guard lock(mailbox.mutex);
            mailbox.turns.push_back(std::move(turn));
        }
    });
    int heard = 0, lost = 0, latest = 0;
    while (heard + lost < lines) {
        std::shared_ptr<Turn> turn;
        {
            const std::lock_guard lock(mailbox.mutex);
            if (mailbox.turns.empty())
                continue;
            turn = std::move(mailbox.turns.front());
            mailbox.turns.pop_front();
        }
        const Delivery* delivery = turn->hear();
        if (!delivery) {
            ++lost;
            continue;
        }
        ++heard;
        const int number = std::stoi(delivery->payload);
        CHECK(number > latest);
        CHECK(number == heard + lost);
        latest = number;
    }
    link.join();
    CHECK(heard > 0);
    CHECK(test.pressure->load().lines == 0);
}
