#include "core/stanza_error.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace mucbridge;

TEST_CASE("conditions have the names and types of RFC 6120 §8.3.3") {
    CHECK(to_string(Condition::bad_request) == "bad-request");
    CHECK(to_string(Condition::jid_malformed) == "jid-malformed");
    CHECK(to_string(Condition::undefined_condition) == "undefined-condition");
    CHECK(to_string(usual_type(Condition::bad_request)) == "modify");
    CHECK(to_string(usual_type(Condition::conflict)) == "cancel");
    CHECK(to_string(usual_type(Condition::forbidden)) == "auth");
    CHECK(to_string(usual_type(Condition::item_not_found)) == "cancel");
    CHECK(to_string(usual_type(Condition::jid_malformed)) == "modify");
    CHECK(to_string(usual_type(Condition::registration_required)) == "auth");
    CHECK(to_string(usual_type(Condition::resource_constraint)) == "wait");
    CHECK(to_string(usual_type(Condition::service_unavailable)) == "cancel");
    CHECK(to_string(ErrorType::continue_) == "continue");
}

TEST_CASE("every condition has a name of its own, spelled as XML spells it") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Condition::unexpected_request); ++i) {
        const std::string_view name = to_string(static_cast<Condition>(i));
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos);
        names.insert(name);
    }
    CHECK(names.size() == 22);
}

TEST_CASE("an error takes its condition's type unless it is told another") {
    CHECK(StanzaError{Condition::service_unavailable}.type == ErrorType::cancel);
    // XEP-0045 §7.2.9: a room that is full for the moment.
    CHECK(StanzaError{Condition::service_unavailable, "full", ErrorType::wait}.type == ErrorType::wait);
}
