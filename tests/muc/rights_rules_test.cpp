#include "muc/rights_rules.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace mucbridge;
using A = Affiliation;
using R = Role;

namespace {

constexpr std::array affiliations{A::outcast, A::none, A::member, A::admin, A::owner};
constexpr std::array roles{R::visitor, R::participant, R::moderator};

/// "", "forbidden", "not-allowed", "conflict"
std::string asked(const Rank& actor, const Rank& target, Role wish, bool is_self = false) {
    const auto error = refuse_role(actor, target, wish, is_self);
    return error ? std::string{to_string(error->condition)} : "";
}

std::string asked(A actor, A target, A wish, bool is_self = false) {
    const auto error = refuse_affiliation(actor, target, wish, is_self);
    return error ? std::string{to_string(error->condition)} : "";
}

std::string asked(const Rank& asker, const RightsItem& wish, bool semi_anonymous) {
    const auto error = refuse_list(asker, wish, semi_anonymous);
    return error ? std::string{to_string(error->condition)} : "";
}

RightsItem list_of(A affiliation) { return {.affiliation = affiliation}; }
RightsItem list_of(R role) { return {.role = role}; }

}  // namespace

TEST_CASE("only moderators kick [XEP-0045 §8, §8.2]") {
    for (const A actor : affiliations)
        for (const R role : {R::none, R::visitor, R::participant})
            CHECK(asked({actor, role}, {A::none, R::participant}, R::none) == "forbidden");
    CHECK(asked({A::none, R::moderator}, {A::none, R::participant}, R::none).empty());
}

TEST_CASE("nobody is kicked by one of a lower affiliation [XEP-0045 §8.2]") {
    for (const A actor : {A::none, A::member, A::admin, A::owner})
        for (const A target : {A::none, A::member, A::admin, A::owner})
            CHECK(asked({actor, R::moderator}, {target, R::participant}, R::none) ==
                  (target > actor ? "not-allowed" : ""));
}

TEST_CASE("a moderator is kicked by admins and owners alone [XEP-0045 §5.1.3, role state chart]") {
    CHECK(asked({A::none, R::moderator}, {A::none, R::moderator}, R::none) == "not-allowed");
    CHECK(asked({A::member, R::moderator}, {A::none, R::moderator}, R::none) == "not-allowed");
    CHECK(asked({A::admin, R::moderator}, {A::none, R::moderator}, R::none).empty());
    CHECK(asked({A::admin, R::moderator}, {A::admin, R::moderator}, R::none).empty());
    CHECK(asked({A::admin, R::moderator}, {A::owner, R::moderator}, R::none) == "not-allowed");
}

TEST_CASE("a moderator may kick himself [XEP-0045 §8.2]") {
    CHECK(asked({A::none, R::moderator}, {A::none, R::moderator}, R::none, true).empty());
    CHECK(asked({A::none, R::participant}, {A::none, R::participant}, R::none, true) == "forbidden");
}

TEST_CASE("moderators grant voice [XEP-0045 §8.3]") {
    CHECK(asked({A::none, R::moderator}, {A::none, R::visitor}, R::participant).empty());
    CHECK(asked({A::none, R::moderator}, {A::member, R::visitor}, R::participant).empty());
    CHECK(asked({A::none, R::participant}, {A::none, R::visitor}, R::participant) == "forbidden");
    CHECK(asked({A::owner, R::none}, {A::none, R::visitor}, R::participant) == "forbidden");
}

TEST_CASE("no voice is taken from one whose affiliation is at or above the moderator's [XEP-0045 §8.4]") {
    for (const A actor : {A::none, A::member, A::admin, A::owner})
        for (const A target : {A::none, A::member})
            CHECK(asked({actor, R::moderator}, {target, R::participant}, R::visitor) ==
                  (target >= actor ? "not-allowed" : ""));
}

TEST_CASE("nobody takes an admin's or owner's voice, nor the moderator's role [XEP-0045 §8.4, §9.7]") {
    for (const A target : {A::admin, A::owner})
        for (const R wish : {R::visitor, R::participant})
            for (const bool is_self : {false, true})
                CHECK(asked({A::owner, R::moderator}, {target, R::moderator}, wish, is_self) == "not-allowed");
}

TEST_CASE("admins make moderators and end it, inside or not; others may not [XEP-0045 §9.6, §9.7]") {
    for (const A actor : {A::none, A::member, A::admin, A::owner})
        for (const R role : {R::none, R::moderator}) {
            const std::string expected = actor < A::admin ? "forbidden" : "";
            CHECK(asked({actor, role}, {A::none, R::visitor}, R::moderator) == expected);
            CHECK(asked({actor, role}, {A::member, R::moderator}, R::participant) == expected);
            CHECK(asked({actor, role}, {A::member, R::moderator}, R::visitor) == expected);
        }
}

TEST_CASE("only admins and owners change affiliations [XEP-0045 §9]") {
    for (const A actor : {A::outcast, A::none, A::member})
        for (const A target : affiliations)
            for (const A wish : affiliations)
                CHECK(asked(actor, target, wish) == "forbidden");
}

TEST_CASE("an owner makes anybody anything [XEP-0045 §5.2.2]") {
    for (const A target : affiliations)
        for (const A wish : affiliations)
            CHECK(asked(A::owner, target, wish).empty());
}

TEST_CASE("an admin changes members, outcasts and the unaffiliated into each other [XEP-0045 §5.2.2]") {
    for (const A target : {A::outcast, A::none, A::member})
        for (const A wish : {A::outcast, A::none, A::member})
            CHECK(asked(A::admin, target, wish).empty());
}

TEST_CASE("an admin who touches the lists of admins and owners is refused [XEP-0045 §9.1, §10.5, §10.8]") {
    for (const A target : affiliations)
        for (const A wish : {A::admin, A::owner})
            CHECK(asked(A::admin, target, wish) == "forbidden");
    for (const A target : {A::admin, A::owner}) {
        CHECK(asked(A::admin, target, A::member) == "forbidden");
        CHECK(asked(A::admin, target, A::none) == "forbidden");
        CHECK(asked(A::admin, target, A::outcast) == "not-allowed");
    }
}

TEST_CASE("nobody bans himself [XEP-0045 §9.1]") {
    CHECK(asked(A::admin, A::admin, A::outcast, true) == "conflict");
    CHECK(asked(A::owner, A::owner, A::outcast, true) == "conflict");
    CHECK(asked(A::member, A::member, A::outcast, true) == "forbidden");
}

TEST_CASE("the ban list is for admins [XEP-0045 §9.2]") {
    for (const bool semi_anonymous : {false, true}) {
        CHECK(asked({A::member, R::moderator}, list_of(A::outcast), semi_anonymous) == "forbidden");
        CHECK(asked({A::admin, R::none}, list_of(A::outcast), semi_anonymous).empty());
    }
}

TEST_CASE("the member list is for admins, and for whoever is inside where JIDs are no secret [XEP-0045 §5.2.1, §9.5]") {
    CHECK(asked({A::member, R::participant}, list_of(A::member), true) == "forbidden");
    CHECK(asked({A::admin, R::none}, list_of(A::member), true).empty());
    CHECK(asked({A::member, R::none}, list_of(A::member), false).empty());
    CHECK(asked({A::none, R::participant}, list_of(A::member), false).empty());
    CHECK(asked({A::none, R::none}, list_of(A::member), false) == "forbidden");
}

TEST_CASE("the lists of admins and owners are for owners where JIDs are a secret [XEP-0045 §10.5, §10.8]") {
    for (const A list : {A::admin, A::owner}) {
        CHECK(asked({A::admin, R::moderator}, list_of(list), true) == "forbidden");
        CHECK(asked({A::owner, R::none}, list_of(list), true).empty());
        CHECK(asked({A::member, R::none}, list_of(list), false).empty());
        CHECK(asked({A::none, R::participant}, list_of(list), false).empty());
        CHECK(asked({A::none, R::none}, list_of(list), false) == "forbidden");
    }
}

TEST_CASE("lists by role are for moderators, that of the moderators for admins [XEP-0045 §8.5, §9.8]") {
    for (const R list : {R::visitor, R::participant}) {
        CHECK(asked({A::none, R::moderator}, list_of(list), true).empty());
        CHECK(asked({A::member, R::participant}, list_of(list), true) == "forbidden");
    }
    CHECK(asked({A::member, R::moderator}, list_of(R::moderator), true) == "forbidden");
    CHECK(asked({A::admin, R::none}, list_of(R::moderator), true).empty());
}

TEST_CASE("a list of nothing, of two things or of those who have none is no list") {
    const Rank owner{A::owner, R::moderator};
    CHECK(asked(owner, {}, false) == "bad-request");
    CHECK(asked(owner, {.affiliation = A::member, .role = R::visitor}, false) == "bad-request");
    CHECK(asked(owner, list_of(A::none), false) == "bad-request");
    CHECK(asked(owner, list_of(R::none), false) == "bad-request");
}

TEST_CASE("the role follows the affiliation: up to what it gives, down to what it leaves [XEP-0045 §5.1.3]") {
    CHECK(role_after(R::visitor, A::none, A::member, true) == R::participant);
    CHECK(role_after(R::visitor, A::member, A::admin, true) == R::moderator);
    CHECK(role_after(R::moderator, A::admin, A::member, true) == R::participant);
    CHECK(role_after(R::moderator, A::owner, A::none, true) == R::visitor);
    CHECK(role_after(R::moderator, A::owner, A::admin, false) == R::moderator);
    CHECK(role_after(R::visitor, A::member, A::none, false) == R::visitor);
    for (const R role : roles)
        CHECK(role_after(role, A::member, A::member, true) == role);
}
