#include "gateway/voice_form.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Form submit(const Fields& fields, const std::string& type = "submit") {
    Form form{type, "", "", {}};
    form.fields.push_back({"FORM_TYPE", "", "", {std::string(voice_form_type)}, {}, false});
    for (const auto& [var, value] : fields)
        form.fields.push_back({var, "", "", {value}, {}, false});
    return form;
}

Condition refused(const Form& form) {
    const auto parsed = parse_voice_form(form);
    REQUIRE(std::holds_alternative<StanzaError>(parsed));
    return std::get<StanzaError>(parsed).condition;
}

}  // namespace

TEST_CASE("a wish for voice is a form with the role alone [XEP-0045 7.13]") {
    CHECK(std::holds_alternative<VoiceRequest>(parse_voice_form(submit({{"muc#role", "participant"}}))));
    CHECK(refused(submit({{"muc#role", "moderator"}})) == Condition::not_acceptable);
    CHECK(refused(submit({})) == Condition::not_acceptable);
    CHECK(refused(submit({{"muc#role", "participant"}}, "form")) == Condition::bad_request);
    Form other = submit({{"muc#role", "participant"}});
    other.fields.front().values = {"urn:other"};
    CHECK(refused(other) == Condition::bad_request);
    other.fields.erase(other.fields.begin());
    CHECK(refused(other) == Condition::bad_request);
}

TEST_CASE("the form that moderators get is their answer once it is filled in [XEP-0045 8.6]") {
    Form form = make_voice_form({nullptr, Jid{"hag66", "shakespeare.lit", "pda"}, "thirdwitch"});
    CHECK(form.type == "form");
    form.type = "submit";
    auto answer = std::get<VoiceAnswer>(parse_voice_form(form));
    CHECK(answer.nick == "thirdwitch");
    CHECK(answer.jid == Jid{"hag66", "shakespeare.lit", "pda"});
    CHECK(answer.role == Role::participant);
    CHECK_FALSE(answer.allowed);
    form.fields.back().values = {"true"};
    CHECK(std::get<VoiceAnswer>(parse_voice_form(form)).allowed);
}

TEST_CASE("an answer needs no more than whom it is about, and is refused where it is about nobody") {
    CHECK(std::get<VoiceAnswer>(parse_voice_form(submit({{"muc#request_allow", "1"}, {"muc#roomnick", "n"}}))).allowed);
    CHECK(refused(submit({{"muc#request_allow", "1"}})) == Condition::bad_request);
    CHECK(refused(submit({{"muc#request_allow", "maybe"}, {"muc#roomnick", "n"}})) == Condition::not_acceptable);
    CHECK(refused(submit({{"muc#request_allow", "1"}, {"muc#jid", "@"}})) == Condition::jid_malformed);
    CHECK(refused(submit({{"muc#request_allow", "1"}, {"muc#roomnick", "a\x7F"}})) == Condition::jid_malformed);
    CHECK(refused(submit({{"muc#request_allow", "1"}, {"muc#roomnick", "n"}, {"muc#role", "moderator"}})) ==
          Condition::not_acceptable);
    Form two = submit({{"muc#request_allow", "1"}, {"muc#roomnick", "n"}});
    two.fields.back().values.emplace_back("m");
    CHECK(refused(two) == Condition::not_acceptable);
}
