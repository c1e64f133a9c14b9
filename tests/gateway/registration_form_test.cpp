#include "gateway/registration_form.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

namespace {

Form submit(const std::vector<std::string>& nicks) {
    Form form{"submit", "", "", {}};
    form.fields.push_back({"FORM_TYPE", "", "", {std::string(registration_form_type)}, {}, false});
    form.fields.push_back({"muc#register_roomnick", "", "", nicks, {}, false});
    return form;
}

}  // namespace

TEST_CASE("the form asks for the nick, and the filled in form tells it [XEP-0045 7.10]") {
    Form form = make_registration_form({"garden", "rooms.localhost", {}});
    CHECK(form.field("muc#register_roomnick")->required);
    form.type = "submit";
    form.fields.back().values = {"thirdwitch"};
    CHECK(std::get<std::string>(parse_registration_form(form)) == "thirdwitch");
}

TEST_CASE("a form that does not tell one nick is a bad-request [XEP-0045 7.10]") {
    Form other = submit({"n"});
    other.fields.front().values = {"urn:other"};
    Form missing = submit({"n"});
    missing.fields.pop_back();
    for (const auto& form : {other, missing, submit({}), submit({""}), submit({"a", "b"}), submit({"a\x7F"}),
                             submit({std::string(1024, 'x')}), Form{"submit", "", "", {}}}) {
        const auto parsed = parse_registration_form(form);
        REQUIRE(std::holds_alternative<StanzaError>(parsed));
        CHECK(std::get<StanzaError>(parsed).condition == Condition::bad_request);
        CHECK_FALSE(std::get<StanzaError>(parsed).text.empty());
    }
}

TEST_CASE("one who has a nick reserved is told so, and which [XEP-0045 7.10]") {
    const auto query = make_registration({"garden", "rooms.localhost", {}}, "thirdwitch");
    CHECK(query.child("registered", ns::registration));
    CHECK(query.child("username", ns::registration)->text() == "thirdwitch");
    CHECK_FALSE(query.child("x", ns::data_form));
}
