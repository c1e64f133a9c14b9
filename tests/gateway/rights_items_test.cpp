#include "gateway/rights_items.hpp"

#include <doctest/doctest.h>

#include "xml/writer.hpp"

using namespace mucbridge;

namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

Element query(const std::vector<Attributes>& items, const std::string& reason = "") {
    Element query{"query", std::string(ns::muc_admin), {}, {}};
    for (const auto& attributes : items) {
        Element& item = query.add("item", ns::muc_admin);
        for (const auto& [name, value] : attributes)
            item.set(name, value);
        if (!reason.empty())
            item.add("reason", ns::muc_admin).add_text(reason);
    }
    return query;
}

std::vector<RightsItem> accepted(const Element& query) {
    const auto parsed = parse_rights(query);
    if (const auto* error = std::get_if<StanzaError>(&parsed))
        FAIL(error->text);
    return std::get<std::vector<RightsItem>>(parsed);
}

StanzaError refused(const Element& query) {
    const auto parsed = parse_rights(query);
    REQUIRE(std::holds_alternative<StanzaError>(parsed));
    return std::get<StanzaError>(parsed);
}

}  // namespace

TEST_CASE("items become changes, in their order, addresses and nicks prepared [XEP-0045 8, 9]") {
    const auto items = accepted(query({{{"nick", "Polo"}, {"role", "visitor"}},
                                       {{"jid", "Hag66@Shakespeare.LIT"}, {"affiliation", "member"}, {"nick", "witch"}},
                                       {{"nick", "polo"}, {"affiliation", "outcast"}}},
                                      "why"));
    REQUIRE(items.size() == 3);
    CHECK(items[0].nick == "Polo");
    CHECK(items[0].role == Role::visitor);
    CHECK_FALSE(items[0].affiliation);
    CHECK(items[0].reason == "why");
    CHECK(items[1].jid == Jid{"hag66", "shakespeare.lit", {}});
    CHECK(items[1].affiliation == Affiliation::member);
    CHECK(items[1].nick == "witch");
    CHECK_FALSE(items[2].jid);
    CHECK(items[2].affiliation == Affiliation::outcast);
}

TEST_CASE("an empty nick gives up the reserved one, an absent one does not [XEP-0045 9.5]") {
    CHECK(accepted(query({{{"jid", "a@b"}, {"affiliation", "member"}, {"nick", ""}}})).front().frees_nick);
    CHECK_FALSE(accepted(query({{{"jid", "a@b"}, {"affiliation", "member"}}})).front().frees_nick);
    CHECK_FALSE(accepted(query({{{"jid", "a@b"}, {"affiliation", "member"}, {"nick", "n"}}})).front().frees_nick);
}

TEST_CASE("one item with role and affiliation, or with neither, is a bad-request [XEP-0045 17.4]") {
    for (const auto& attributes : {Attributes{{"nick", "n"}, {"role", "none"}, {"affiliation", "none"}},
                                   Attributes{{"nick", "n"}}, Attributes{{"jid", "a@b"}}, Attributes{}})
        CHECK(refused(query({attributes})).condition == Condition::bad_request);
    // One wrong item among good ones spoils all.
    CHECK(refused(query({{{"nick", "n"}, {"role", "none"}}, {{"nick", "m"}}})).condition == Condition::bad_request);
}

TEST_CASE("words that are no role and no affiliation are bad-requests, and named") {
    for (const auto* wrong : {"", "Owner", "moderator", "king", "owner "}) {
        CAPTURE(wrong);
        const auto error = refused(query({{{"jid", "a@b"}, {"affiliation", wrong}}}));
        CHECK(error.condition == Condition::bad_request);
        CHECK(error.text ==
              "affiliation: want owner, admin, member, outcast or none, got \"" + std::string(wrong) + "\"");
    }
    const auto error = refused(query({{{"nick", "n"}, {"role", "owner"}}}));
    CHECK(error.text == "role: want moderator, participant, visitor or none, got \"owner\"");
    CHECK(refused(query({{{"nick", "n"}, {"role", std::string(1 << 20, 'x')}}})).text.size() < 200);
}

TEST_CASE("an address or a nick that is none is jid-malformed") {
    for (const auto* wrong : {"", "@", "a@", "a@b/", "a b@c"}) {
        CAPTURE(wrong);
        CHECK(refused(query({{{"jid", wrong}, {"affiliation", "member"}}})).condition == Condition::jid_malformed);
    }
    CHECK(refused(query({{{"nick", "a\x7F"}, {"role", "none"}}})).condition == Condition::jid_malformed);
    CHECK(refused(query({{{"nick", std::string(1024, 'x')}, {"role", "none"}}})).condition == Condition::jid_malformed);
}

TEST_CASE("nothing to change, or nobody to change it for, is a bad-request") {
    CHECK(refused(query({})).condition == Condition::bad_request);
    CHECK(refused(query({{{"role", "none"}}})).condition == Condition::bad_request);
    CHECK(refused(query({{{"affiliation", "none"}}})).condition == Condition::bad_request);
    CHECK(refused(query({{{"nick", ""}, {"role", "none"}}})).condition == Condition::bad_request);
    Element foreign{"query", std::string(ns::muc_admin), {}, {}};
    foreign.add("item", "urn:other").set("nick", "n").set("role", "none");
    CHECK(refused(foreign).condition == Condition::bad_request);
}

TEST_CASE("a list is asked for by exactly one item [XEP-0045 8.5, 9.2]") {
    const auto wish = [](const Element& query) { return parse_rights_wish(query); };
    CHECK(std::get<RightsItem>(wish(query({{{"affiliation", "outcast"}}}))).affiliation == Affiliation::outcast);
    CHECK(std::get<RightsItem>(wish(query({{{"role", "participant"}}}))).role == Role::participant);
    for (const auto& items :
         {std::vector<Attributes>{}, std::vector<Attributes>{{}}, std::vector<Attributes>{{{"role", "x"}}},
          std::vector<Attributes>{{{"role", "none"}, {"affiliation", "none"}}},
          std::vector<Attributes>{{{"affiliation", "owner"}}, {{"affiliation", "admin"}}}})
        CHECK(std::get<StanzaError>(wish(query(items))).condition == Condition::bad_request);
}

TEST_CASE("a list is written item by item, and no reason can leave its place [S9]") {
    RightsItem banned;
    banned.jid = Jid{"a", "b", {}};
    banned.affiliation = Affiliation::outcast;
    banned.reason = "</reason><item/>";
    RightsItem inside;
    inside.nick = "o'clock";
    inside.role = Role::visitor;
    CHECK(to_string(make_rights({.affiliation = Affiliation::outcast}, {banned, inside}), ns::client) ==
          "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='outcast' jid='a@b'>"
          "<reason>&lt;/reason&gt;&lt;item/&gt;</reason></item><item nick='o&apos;clock'/></query>");
}

TEST_CASE("a list of roles tells them, a list of affiliations does not [XEP-0045 17.4]") {
    RightsItem inside;
    inside.nick = "Polo";
    inside.affiliation = Affiliation::member;
    inside.role = Role::visitor;
    const auto has_role = [&](const RightsItem& wish) {
        return make_rights(wish, {inside}).first_child()->has_attribute("role");
    };
    CHECK(has_role({.role = Role::visitor}));
    CHECK_FALSE(has_role({.affiliation = Affiliation::member}));
}
