#include <doctest/doctest.h>

#include <deque>

#include "gateway/housed.hpp"

using namespace mucbridge;

TEST_CASE("in a crowd that does not read, those who do are not closed") {
    Config config;
    config.brokers.resize(1);
    config.limits.queue_bytes = std::size_t{8} * 1024 * 1024;
    Housed house(1, config);
    Client reader(house, "juliet", "balcony");
    const std::string presence = "<presence to='crowd@rooms.localhost/";
    const std::string end = "'><x xmlns='http://jabber.org/protocol/muc'/></presence>";
    reader.send(presence + "Juliet" + end);

    std::deque<Client> crowd;
    std::vector<Session*> deaf;
    for (int n = 0; n < 40; ++n) {
        deaf.push_back(crowd.emplace_back(house, "deaf" + std::to_string(n), "r").session);
        deaf.back()->on_bytes(presence + std::to_string(n) + end, house.now);
        house.hub->poll();
        reader.read();
    }
    const std::string body(20'000, 'x');
    for (int n = 0; n < 40; ++n) {
        reader.send("<message to='crowd@rooms.localhost' type='groupchat' id='m" + std::to_string(n) + "'><body>" +
                    body + "</body></message>");
        CHECK(reader.session != nullptr);
    }
    std::size_t unread = 0, closed = 0;
    for (const Session* session : deaf) {
        unread += session->unwritten().size();
        closed += session->is_over() ? 1 : 0;
    }
    CHECK(closed > 0);
    CHECK(unread < 2 * config.limits.queue_bytes);

    // Whoever comes now is told of all at once, and may be slower than that for a moment.
    Client late(house, "romeo", "orchard");
    late.session->on_bytes(presence + "Romeo" + end, house.now);
    house.hub->poll();
    for (int n = 0; n < 5; ++n) {
        reader.send("<message to='crowd@rooms.localhost' type='groupchat' id='n" + std::to_string(n) + "'><body>" +
                    body + "</body></message>");
        REQUIRE(house.hub->sessions(0).count() == 42);  // who ends while it reads is let go
        CHECK(!late.session->is_over());
    }
}
