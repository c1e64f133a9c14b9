#include <doctest/doctest.h>

#include "cli/exit_code.hpp"
#include "gateway/control.hpp"
#include "program.hpp"
#include "temporary_folder.hpp"

namespace mucbridge {
namespace {

/// What `status` prints of a gateway that answers so; the answer is one line.
Outcome status_of(std::string answer) {
    std::erase(answer, '\n');
    const TemporaryFolder folder;
    const auto server = ControlServer::open(control_path(folder.path("")), [answer] { return answer; });
    REQUIRE(server.has_value());
    return run({"status", "--state", folder.path("")});
}

}  // namespace

TEST_CASE("status tells of the spool, of lines set aside and of the store") {
    const auto outcome = status_of(R"({"ready": true, "sessions": 1, "rooms": 2, "occupants": 3, "persistent_rooms": 4,
        "brokers": {"main": {"state": "up", "in_flight": 1, "waiting": 2, "spooled": 5, "set_aside": 1,
            "set_aside_lines": [{"room": "garden@rooms.localhost", "id": "0192", "reason": "too old\u001b[2J",
                                 "said_at": "2026-11-23T07:00:00Z"}]}},
        "lines": {"said": 9, "spooled": 5, "dropped": 6, "set_aside": 1},
        "store": {"state": "failing", "reason": "the disk is full", "waiting_bytes": 70, "archived": 8}})");
    CHECK(outcome.code == exit_code::ok);
    for (const std::string line :
         {"1 sessions, 2 rooms, 3 occupants, 4 rooms persistent\n",
          "broker main: up, 1 lines in flight, 2 waiting, 5 on disk, 1 set aside\n",
          "    set aside: garden@rooms.localhost, 2026-11-23T07:00:00Z, id 0192: too old\\x1b[2J\n",
          "store: failing, 70 bytes waiting, 8 lines archived\n    the disk is full\n",
          "lines: dropped 6 said 9 set_aside 1 spooled 5\n"}) {
        CAPTURE(line);
        CAPTURE(outcome.out);
        CHECK(has(outcome.out, line));
    }
}

TEST_CASE("status takes an answer that knows nothing of a store, and one whose parts are of other types") {
    const auto old = status_of(R"({"ready": false, "sessions": 1, "rooms": 2, "occupants": 3,
        "brokers": {"main": {"state": "connecting", "in_flight": 0, "waiting": 0}}, "lines": {"said": 9}})");
    CHECK(old.code == exit_code::try_again);
    CHECK(has(old.out, "1 sessions, 2 rooms, 3 occupants\n"));
    CHECK(has(old.out, "broker main: connecting, 0 lines in flight, 0 waiting\n"));
    CHECK_FALSE(has(old.out, "store"));
    CHECK(status_of(R"({"ready": true, "store": 7, "brokers": {"main": 7}, "lines": null})").code == exit_code::ok);
    CHECK(status_of(R"({"ready": true, "brokers": {"main": {"set_aside_lines": [7, {"room": 1}]}}})").code ==
          exit_code::ok);
}

}  // namespace mucbridge
