#include "gateway/kept_room.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;
using A = Affiliation;

namespace {

RoomOptions everything() {
    RoomOptions options;
    options.title = "The \"garden\"";
    options.description = "of the Capulets \xC3\xA8";
    options.language = "it";
    options.moderated = options.members_only = options.hidden = options.anyone_sets_subject = true;
    options.persistent = options.members_invite = true;
    options.semi_anonymous = false;
    options.password = "cauldronburn";
    options.max_users = 17;
    options.broadcast = {false, true, true, true};
    options.may_write_privately = Role::none;
    return options;
}

const Jid garden{"garden", "rooms.localhost", ""}, juliet{"juliet", "localhost", ""}, tybalt{"tybalt", "verona", ""};

Room make_room() { return {garden, {}, {}, {.home = "garden"}, "0123456789abcdef", {}, {}}; }

RestoredRoom restored(const KeptRoom& kept) {
    auto out = to_restored(kept);
    REQUIRE(out.has_value());
    return *out;
}

}  // namespace

TEST_CASE("a room's options are the same after they were written and read") {
    for (const auto& options : {RoomOptions{}, everything()}) {
        const auto back = parse_options(write_options(options));
        REQUIRE(back.has_value());
        CHECK(*back == options);
    }
    RoomOptions options;
    options.broadcast = {false, false, false, false};
    CHECK(parse_options(write_options(options))->broadcast == options.broadcast);
}

TEST_CASE("keys that are not there, that nobody knows or that make no sense leave an option as it is by default") {
    CHECK(*parse_options("{}") == RoomOptions{});
    CHECK(*parse_options(R"({"colour": "red", "title": null, "moderated": 1, "max_users": -1, "broadcast": "all",
                             "may_write_privately": "members", "members_only": "yes", "password": ["a"]})") ==
          RoomOptions{});
    const auto known = parse_options(R"({"max_users": 1e99, "broadcast": ["visitor", 7, "aliens"], "hidden": true})");
    REQUIRE(known.has_value());
    CHECK(known->max_users == 0);
    CHECK(known->broadcast == PresenceBroadcast{true, false, false, false});
    CHECK(known->hidden);
}

TEST_CASE("options that are no JSON object are refused in words") {
    for (const std::string text : {"", "[]", "null", "{\"title\"", "\xFF"}) {
        CAPTURE(text);
        const auto options = parse_options(text);
        REQUIRE(options.has_error());
        CHECK(options.error().text == "a room's options: want a JSON object, got " + text);
    }
    CHECK(parse_options(std::string(10000, '[')).has_error());
}

TEST_CASE("a title that is not UTF-8 is written all the same") {
    RoomOptions options;
    options.title = "\xFFgarden";
    CHECK(parse_options(write_options(options))->title == "\xEF\xBF\xBDgarden");
}

TEST_CASE("a room is kept whole, and restored as it was") {
    Room room = make_room();
    const Subject subject{"Verona", "it", "romeo", "id", WallTime{std::chrono::hours{24}}};
    room.restore({everything(), {{juliet, A::owner, "Juliet"}, {tybalt, A::outcast}}, subject}, {});
    const KeptRoom kept = to_kept(room, WallTime{std::chrono::hours{1}});
    CHECK(kept.room == "garden@rooms.localhost");
    CHECK(kept.created == WallTime{std::chrono::hours{1}});
    REQUIRE(kept.rights.size() == 2);
    CHECK(kept.rights[0].jid == "juliet@localhost");
    CHECK(kept.rights[0].affiliation == "owner");
    CHECK(kept.rights[0].nick == "Juliet");
    const RestoredRoom back = restored(kept);
    CHECK(back.options == everything());
    CHECK(back.rights == room.kept_rights());
    REQUIRE(back.subject);
    CHECK(back.subject->text == "Verona");
    CHECK(back.subject->lang == "it");
    CHECK(back.subject->nick == "romeo");
    CHECK(back.subject->occupant_id == "id");
    CHECK(back.subject->set_at == subject.set_at);
}

TEST_CASE("a subject that nobody set is none, one that was cleared has its time [XEP-0045 §7.2.15]") {
    Room room = make_room();
    CHECK_FALSE(to_kept(room, {}).subject);
    CHECK_FALSE(restored(to_kept(room, {})).subject);
    room.restore({{}, {}, Subject{"", "", "romeo", "id", WallTime{std::chrono::hours{24}}}}, {});
    CHECK(restored(to_kept(room, {})).subject->set_at == WallTime{std::chrono::hours{24}});
}

TEST_CASE("rights that make no sense are refused, naming them") {
    const auto text = [](KeptRoom::Right right) {
        const auto room = to_restored({"garden@rooms.localhost", "{}", {}, {}, {std::move(right)}});
        return room ? "" : room.error().text;
    };
    CHECK(text({"juliet@localhost", "member", ""}).empty());
    CHECK(text({"verona", "outcast", ""}).empty());
    CHECK(text({"juliet@localhost", "king", ""}) == "juliet@localhost: want an affiliation, got king");
    CHECK(text({"juliet@localhost/balcony", "member", ""}) == "want a bare JID, got juliet@localhost/balcony");
    CHECK(text({"@", "member", ""}) == "want a bare JID, got @");
    CHECK(to_restored({"garden@rooms.localhost", "7", {}, {}, {}}).has_error());
}
