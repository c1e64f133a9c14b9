#include "xmpp/talk.hpp"

using namespace mucbridge;

namespace {

/// Writes out what a session was told, and says how much memory its output still holds.
std::size_t memory_after(Talk& talk, std::size_t bytes) {
    talk.session->send(std::string(bytes, ' '));
    talk.session->wrote(talk.session->unwritten().size());
    return talk.session->output().capacity();
}

}  // namespace

TEST_CASE("a session keeps the memory of a burst for the next one, and gives it back when it is idle") {
    Talk talk;
    talk.log_in();
    CHECK(memory_after(talk, 20'000) >= 20'000);
    talk.session->on_tick(at(10));
    CHECK(talk.session->output().capacity() <= 4096);
}

TEST_CASE("a session keeps none of the memory of a large burst") {
    Talk talk;
    talk.log_in();
    CHECK(memory_after(talk, 1'000'000) <= 4096);
}
