#include "gateway/room_form.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

const Jid garden{"garden", "rooms.localhost", {}};

/// What a client submits: FORM_TYPE and these fields, in the order "var", "value".
Form submit(const std::vector<std::pair<std::string, std::string>>& fields) {
    Form form{"submit", "", "", {}};
    form.fields.push_back({"FORM_TYPE", "", "", {std::string(room_form_type)}, {}, false});
    for (const auto& [var, value] : fields)
        form.fields.push_back({var, "", "", {value}, {}, false});
    return form;
}

RoomOptions accepted(const Form& form, const RoomOptions& current = {}) {
    const auto parsed = parse_room_form(form, current, 5000);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        FAIL(error->text);
    return std::get<RoomOptions>(parsed);
}

StanzaError refused(const Form& form, const RoomOptions& current = {}) {
    const auto parsed = parse_room_form(form, current, 5000);
    REQUIRE(std::holds_alternative<StanzaError>(parsed));
    return std::get<StanzaError>(parsed);
}

RoomOptions everything() {
    RoomOptions options;
    options.title = "The garden";
    options.description = "of the Capulets";
    options.language = "it";
    options.moderated = options.members_only = options.hidden = options.anyone_sets_subject = true;
    options.members_invite = options.persistent = true;
    options.semi_anonymous = false;
    options.password = "cauldronburn";
    options.max_users = 17;
    options.broadcast = {false, true, true, true};
    options.may_write_privately = Role::moderator;
    return options;
}

}  // namespace

TEST_CASE("the form that is sent back as it came changes nothing [XEP-0045 10.2]") {
    for (const auto& options : {RoomOptions{}, everything()}) {
        Form form = make_room_form(garden, options, 5000);
        form.type = "submit";
        CHECK(accepted(form, options) == options);
        // Nor does it depend on what there was before, but for what it does not say.
        CHECK(accepted(form, {}) == options);
    }
}

TEST_CASE("the form offers what works [XEP-0045 16.5.3]") {
    const Form form = make_room_form(garden, everything(), 5000);
    CHECK(form.form_type() == room_form_type);
    for (const auto* var : {"roomname", "roomdesc", "lang", "publicroom", "persistentroom", "membersonly",
                            "moderatedroom", "whois", "changesubject", "passwordprotectedroom", "roomsecret",
                            "maxusers", "presencebroadcast", "allowpm", "allowinvites"}) {
        CAPTURE(var);
        CHECK(form.field("muc#roomconfig_" + std::string(var)));
    }
    CHECK_FALSE(form.field("muc#roomconfig_enablelogging"));
    CHECK(form.field("muc#roomconfig_persistentroom")->value() == "1");
    CHECK(make_room_form(garden, {}, 5000).field("muc#roomconfig_persistentroom")->value() == "0");
    CHECK(form.field("muc#roomconfig_whois")->value() == "anyone");
    CHECK(form.field("muc#roomconfig_presencebroadcast")->values ==
          std::vector<std::string>{"moderator", "participant", "none"});
    CHECK(form.field("muc#roomconfig_roomsecret")->type == "text-private");
}

TEST_CASE("the limits of occupants that are offered are those that can be had, the current one among them") {
    const auto words = [](std::size_t current, std::size_t most) {
        RoomOptions options;
        options.max_users = current;
        const Form form = make_room_form(garden, options, most);
        std::string out = std::string(form.field("muc#roomconfig_maxusers")->value()) + ":";
        for (const auto& option : form.field("muc#roomconfig_maxusers")->options)
            out += " " + option.value;
        return out;
    };
    CHECK(words(0, 5000) == "none: 10 20 30 50 100 none");
    CHECK(words(17, 40) == "17: 10 17 20 30 none");
    CHECK(words(50, 5) == "50: 50 none");
}

TEST_CASE("an empty form accepts the room as it is [XEP-0045 10.1.2]") {
    CHECK(accepted(Form{"submit", "", "", {}}, everything()) == everything());
    CHECK(accepted(submit({}), everything()) == everything());
}

TEST_CASE("fields that nobody knows are ignored [XEP-0004 3.1]") {
    CHECK(accepted(submit({{"muc#roomconfig_enablelogging", "1"}, {"x", "y"}}), everything()) == everything());
}

TEST_CASE("a form without FORM_TYPE or with another one is a bad-request [XEP-0068]") {
    Form form = submit({{"muc#roomconfig_moderatedroom", "1"}});
    form.fields.front().values = {"http://jabber.org/protocol/muc#register"};
    CHECK(refused(form).condition == Condition::bad_request);
    CHECK(refused(form).text ==
          "FORM_TYPE: want http://jabber.org/protocol/muc#roomconfig, got \"http://jabber.org/protocol/muc#register\"");
    form.fields.erase(form.fields.begin());
    CHECK(refused(form).condition == Condition::bad_request);
}

TEST_CASE("a value that is no such setting's is not-acceptable, and the text says which and why [XEP-0004 4]") {
    const std::vector<std::array<std::string, 3>> wrong{
        {"publicroom", "maybe", "want 0, 1, false or true, got \"maybe\""},
        {"persistentroom", "forever", "want 0, 1, false or true, got \"forever\""},
        {"membersonly", "TRUE", "want 0, 1, false or true, got \"TRUE\""},
        {"moderatedroom", "2", "want 0, 1, false or true, got \"2\""},
        {"whois", "x", "want moderators or anyone, got \"x\""},
        {"allowpm", "all", "want anyone, participants, moderators or none, got \"all\""},
        {"presencebroadcast", "owner", "want moderator, participant, visitor or none, got \"owner\""},
        {"maxusers", "-1", "want none or 1 to 5000, got \"-1\""},
        {"maxusers", "0", "want none or 1 to 5000, got \"0\""},
        {"maxusers", "1e9", "want none or 1 to 5000, got \"1e9\""},
        {"maxusers", "5001", "want none or 1 to 5000, got \"5001\""},
        {"maxusers", "99999999999999999999999", "want none or 1 to 5000, got \"99999999999999999999999\""},
        {"lang", "e n", "want a language tag such as \"en\" or \"pt-BR\", got \"e n\""},
        {"roomname", std::string(257, 'x'), "want at most 256 bytes, got 257"},
        {"roomname", "a\nb", "want one line, without control characters"},
        {"roomdesc", std::string(1 << 20, 'x'), "want at most 1024 bytes, got 1048576"},
        {"roomsecret", std::string(257, 'x'), "want at most 256 bytes, got 257"},
    };
    for (const auto& [var, value, why] : wrong) {
        CAPTURE(var);
        const auto error = refused(submit({{"muc#roomconfig_" + var, value}}));
        CHECK(error.condition == Condition::not_acceptable);
        CHECK(error.text == "muc#roomconfig_" + var + ": " + why);
    }
    CHECK(refused(submit({{"muc#roomconfig_whois", std::string(1 << 20, 'x')}})).text.size() < 200);
}

TEST_CASE("two values are one too many, where one is to be chosen [XEP-0004 3.2]") {
    Form form = submit({{"muc#roomconfig_moderatedroom", "1"}});
    form.fields.back().values.emplace_back("0");
    CHECK(refused(form).text == "muc#roomconfig_moderatedroom: want one value, got 2");
}

TEST_CASE("what is not there, or chooses nothing, stays as it is [XEP-0004 3.5, 3.6]") {
    CHECK(accepted(submit({{"muc#roomconfig_moderatedroom", "0"}}), everything()).members_only);
    CHECK_FALSE(accepted(submit({{"muc#roomconfig_moderatedroom", "false"}}), everything()).moderated);
    CHECK(accepted(submit({{"muc#roomconfig_moderatedroom", ""}}), everything()).moderated);
    CHECK(accepted(submit({{"muc#roomconfig_maxusers", ""}}), everything()).max_users == 17);
    CHECK(accepted(submit({{"muc#roomconfig_maxusers", "none"}}), everything()).max_users == 0);
    Form form = submit({{"muc#roomconfig_whois", ""}});
    form.fields.back().values.clear();
    CHECK_FALSE(accepted(form, everything()).semi_anonymous);
}

TEST_CASE("a text that is empty is empty from then on, and a list without a value shows nobody") {
    CHECK(accepted(submit({{"muc#roomconfig_roomname", ""}}), everything()).title.empty());
    Form form = submit({{"muc#roomconfig_presencebroadcast", ""}});
    form.fields.back().values.clear();
    CHECK(accepted(form, everything()).broadcast == PresenceBroadcast{false, false, false, false});
}

TEST_CASE("a password alone protects the room, and an empty one does so no longer") {
    CHECK(accepted(submit({{"muc#roomconfig_roomsecret", "s"}})).password == "s");
    CHECK(accepted(submit({{"muc#roomconfig_roomsecret", ""}}), everything()).password.empty());
    CHECK(accepted(submit({{"muc#roomconfig_passwordprotectedroom", "0"}}), everything()).password.empty());
    CHECK(accepted(submit({{"muc#roomconfig_passwordprotectedroom", "1"}}), everything()).password == "cauldronburn");
}

TEST_CASE("a protected room without a password is not acceptable, nor a password for an open one [XEP-0045 10.1.3]") {
    const auto form = [](const std::string& wants, const std::string& secret) {
        return submit({{"muc#roomconfig_passwordprotectedroom", wants}, {"muc#roomconfig_roomsecret", secret}});
    };
    CHECK(refused(submit({{"muc#roomconfig_passwordprotectedroom", "1"}})).condition == Condition::not_acceptable);
    CHECK(refused(form("1", ""), everything()).condition == Condition::not_acceptable);
    CHECK(refused(form("0", "new"), everything()).condition == Condition::not_acceptable);
    // The form shows the password: it comes back from whoever only takes away the protection.
    CHECK(accepted(form("0", "cauldronburn"), everything()).password.empty());
    CHECK(accepted(form("1", "new"), everything()).password == "new");
}
