#include "xmpp/talk.hpp"

using namespace mucbridge;

namespace {

/// Writes out what a session was told, and says how much memory its output still holds.
std::size_t memory_after(Talk& talk, std::size_t bytes) {
    talk.session->send(std::string(bytes, ' '));
    talk.session->wrote(talk.session->unwritten().size());
    return talk.session->output_memory();
}

}  // namespace

TEST_CASE("a session that was told much, and wrote it, holds no memory for more") {
    Talk talk;
    talk.log_in();
    CHECK(memory_after(talk, 20'000) < 100);
    CHECK(memory_after(talk, 1'000'000) < 100);
}
