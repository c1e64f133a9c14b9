// What users ask of a room itself, from the stanza to the answer.

#include "housed.hpp"

using namespace mucbridge;

namespace {

const std::string garden = "garden@rooms.localhost";

std::string condition_of(const Element& stanza) {
    const Element* error = stanza.child("error", stanza.ns);
    REQUIRE(error);
    CHECK(error->attribute("by") == garden);
    return error->first_child()->name;
}

/// Romeo owns the garden, Juliet and the nurse are in it; two loops.
struct Scene {
    Housed house;
    Client romeo, juliet, nurse;

    explicit Scene(const Config& config = {})
        : house(2, config),
          romeo(house, "romeo", "home", 0),
          juliet(house, "juliet", "balcony", 1),
          nurse(house, "nurse", "kitchen", 0) {
        enter(romeo, "romeo");
        enter(juliet, "juliet");
        enter(nurse, "nurse");
        forget();
    }
    void enter(Client& client, const std::string& nick) {
        client.send("<presence to='" + garden + "/" + nick +
                    "'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    }
    void forget() {
        for (Client* client : {&romeo, &juliet, &nurse})
            client->take();
    }
    /// All that comes of an iq.
    std::vector<Element> ask(Client& client, const std::string& type, const std::string& child,
                             const std::string& to = garden) {
        client.send("<iq type='" + type + "' id='q' to='" + to + "'>" + child + "</iq>");
        return client.take();
    }
    Element ask_one(Client& client, const std::string& type, const std::string& child, const std::string& to = garden) {
        const auto all = ask(client, type, child, to);
        REQUIRE(all.size() == 1);
        CHECK(all.front().attribute("id") == "q");
        return all.front();
    }
    std::vector<Element> say(Client& client, const std::string& child, const std::string& type = "normal") {
        client.send("<message type='" + type + "' id='m' to='" + garden + "'>" + child + "</message>");
        return client.take();
    }
};

std::string admin(const std::string& items) {
    return "<query xmlns='http://jabber.org/protocol/muc#admin'>" + items + "</query>";
}
std::string owner(const std::string& child) {
    return "<query xmlns='http://jabber.org/protocol/muc#owner'>" + child + "</query>";
}
std::string registration(const std::string& child) { return "<query xmlns='jabber:iq:register'>" + child + "</query>"; }
std::string info(const std::string& node = "") {
    return "<query xmlns='http://jabber.org/protocol/disco#info'" + (node.empty() ? "" : " node='" + node + "'") + "/>";
}

std::string form(const std::string& kind, const std::vector<std::pair<std::string, std::string>>& fields,
                 const std::string& type = "submit") {
    std::string out = "<x xmlns='jabber:x:data' type='" + type +
                      "'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#" + kind + "</value></field>";
    for (const auto& [var, value] : fields)
        out += "<field var='" + var + "'><value>" + value + "</value></field>";
    return out + "</x>";
}
std::string configure(const std::string& setting, const std::string& value) {
    return owner(form("roomconfig", {{"muc#roomconfig_" + setting, value}}));
}

std::string features_of(const Element& result) {
    std::string out = " ";
    for (const Node& node : result.child("query", ns::disco_info)->nodes)
        if (node.element()->name == "feature")
            out.append(node.element()->attribute("var")).append(" ");
    return out;
}

std::vector<std::string> statuses_of(const Element& stanza) {
    std::vector<std::string> out;
    const Element* x = stanza.child("x", ns::muc_user);
    REQUIRE(x);
    for (const Node& node : x->nodes)
        if (node.element()->name == "status")
            out.emplace_back(node.element()->attribute("code"));
    return out;
}

}  // namespace

TEST_CASE("a change of rights is shown first, then confirmed [XEP-0045 8.2, 9.1]") {
    Scene scene;
    const auto all = scene.ask(scene.romeo, "set", admin("<item nick='nurse' role='none'/>"));
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "presence");
    CHECK(statuses_of(all[0]) == std::vector<std::string>{"307"});
    CHECK(all[1].attribute("type") == "result");
    CHECK(scene.nurse.take_one().attribute("type") == "unavailable");
}

TEST_CASE("a list is for those who may have it; who asks badly is told how [XEP-0045 8.5, 9.2]") {
    Scene scene;
    const auto list = scene.ask_one(scene.romeo, "get", admin("<item role='participant'/>"));
    CHECK(list.child("query", ns::muc_admin)->count_children() == 2);
    CHECK(condition_of(scene.ask_one(scene.juliet, "get", admin("<item role='participant'/>"))) == "forbidden");
    CHECK(condition_of(scene.ask_one(scene.romeo, "get", admin(""))) == "bad-request");
    CHECK(condition_of(scene.ask_one(scene.romeo, "get", admin("<item/>"))) == "bad-request");
}

TEST_CASE("a refused change comes back with its items [XEP-0045 8.4]") {
    Scene scene;
    const auto error = scene.ask_one(scene.juliet, "set", admin("<item nick='nurse' role='none'/>"));
    CHECK(condition_of(error) == "forbidden");
    const Element* query = error.child("query", ns::muc_admin);
    REQUIRE(query);
    CHECK(query->first_child()->attribute("nick") == "nurse");
    CHECK(error.first_child() == query);  // RFC 6120 §8.3.1: the payload, then the error
    CHECK(condition_of(scene.ask_one(scene.romeo, "set", admin("<item jid='@' affiliation='member'/>"))) ==
          "jid-malformed");
    CHECK(condition_of(scene.ask_one(scene.romeo, "set", admin(""))) == "bad-request");
    const auto occupant = "<item jid='" + garden + "/nurse' affiliation='outcast'/>";
    CHECK(condition_of(scene.ask_one(scene.romeo, "set", admin(occupant))) == "item-not-found");
}

TEST_CASE("a room that is not there has neither rights nor form nor registration") {
    Scene scene;
    for (const auto& query : {admin("<item role='participant'/>"), owner(""), registration(""), info()}) {
        const auto error = scene.ask_one(scene.romeo, "get", query, "nowhere@rooms.localhost");
        CHECK(error.child("error", ns::client)->child("item-not-found", ns::stanza_errors));
    }
}

TEST_CASE("the form is the owner's; the result goes before what has changed [XEP-0045 10.2]") {
    Scene scene;
    CHECK(condition_of(scene.ask_one(scene.juliet, "get", owner(""))) == "forbidden");
    CHECK(condition_of(scene.ask_one(scene.juliet, "set", owner("<nonsense/>"))) == "forbidden");
    const auto got = scene.ask_one(scene.romeo, "get", owner(""));
    CHECK(got.child("query", ns::muc_owner)->child("x", ns::data_form)->attribute("type") == "form");
    const auto all = scene.ask(scene.romeo, "set", configure("moderatedroom", "1"));
    REQUIRE(all.size() == 2);
    CHECK(all[0].attribute("type") == "result");
    CHECK(statuses_of(all[1]) == std::vector<std::string>{"104"});
    CHECK(statuses_of(scene.juliet.take_one()) == std::vector<std::string>{"104"});
    CHECK(features_of(scene.ask_one(scene.juliet, "get", info())).find(" muc_moderated ") != std::string::npos);
}

TEST_CASE("a form is refused whole, in words [XEP-0004 4]") {
    Scene scene;
    const auto condition = [&](const std::string& child) {
        return condition_of(scene.ask_one(scene.romeo, "set", owner(child)));
    };
    CHECK(condition(form("roomconfig", {{"muc#roomconfig_moderatedroom", "1"}, {"muc#roomconfig_whois", "x"}})) ==
          "not-acceptable");
    CHECK(features_of(scene.ask_one(scene.romeo, "get", info())).find(" muc_unmoderated ") != std::string::npos);
    CHECK(condition(form("roomconfig", {{"a", "1"}, {"a", "2"}})) == "bad-request");
    CHECK(condition(form("register", {})) == "bad-request");
    CHECK(condition("") == "bad-request");
    CHECK(condition("<item/>") == "bad-request");
    CHECK(condition("<destroy/>" + form("roomconfig", {})) == "bad-request");
    CHECK(condition(form("roomconfig", {}, "result")) == "bad-request");
    CHECK(condition("<x xmlns='jabber:x:data'/>") == "bad-request");
    CHECK(condition("<destroy jid='@'/>") == "jid-malformed");
    CHECK(condition("<destroy><reason>" + std::string(2000, 'x') + "</reason></destroy>") == "not-acceptable");
    CHECK(condition_of(scene.ask_one(scene.romeo, "get", owner("<item affiliation='owner'/>"))) == "bad-request");
}

TEST_CASE("a cancelled form leaves the room as it is, once others are inside [XEP-0045 10.2]") {
    Scene scene;
    const auto cancel = owner("<x xmlns='jabber:x:data' type='cancel'/>");
    CHECK(scene.ask_one(scene.romeo, "set", cancel).attribute("type") == "result");
    CHECK(scene.ask_one(scene.romeo, "get", info()).attribute("type") == "result");
}

TEST_CASE("whoever cancels while creating a room ends it; a room that was accepted is kept [XEP-0045 10.1.3]") {
    Housed house;
    Client romeo(house, "romeo", "home");
    const auto open = [&] {
        romeo.send("<presence to='" + garden + "/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
        romeo.take();
    };
    const auto set = [&](const std::string& type) {
        romeo.send("<iq type='set' id='c' to='" + garden + "'>" +
                   owner("<x xmlns='jabber:x:data' type='" + type + "'/>") + "</iq>");
        return romeo.take();
    };
    open();
    const auto all = set("cancel");
    REQUIRE(all.size() == 2);
    CHECK(all[0].child("x", ns::muc_user)->child("destroy", ns::muc_user));
    CHECK(all[1].attribute("type") == "result");
    open();
    CHECK(set("submit").size() == 1);
    CHECK(set("cancel").size() == 1);
    CHECK(set("submit").front().attribute("type") == "result");
}

TEST_CASE("a room that was not accepted is taken to be after a while [XEP-0045 10.1.1]") {
    Housed house;
    Client romeo(house, "romeo", "home");
    romeo.send("<presence to='" + garden + "/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
    romeo.take();
    house.now.tick += std::chrono::minutes(2);
    romeo.send("<iq type='set' id='c' to='" + garden + "'>" + owner("<x xmlns='jabber:x:data' type='cancel'/>") +
               "</iq>");
    CHECK(romeo.take().size() == 1);
}

TEST_CASE("a destroyed room says so to everybody, then to its owner that it is done [XEP-0045 10.9]") {
    Scene scene;
    CHECK(condition_of(scene.ask_one(scene.juliet, "set", owner("<destroy/>"))) == "forbidden");
    const auto all =
        scene.ask(scene.romeo, "set", owner("<destroy jid='tomb@rooms.localhost'><reason>Poison</reason></destroy>"));
    REQUIRE(all.size() == 2);
    const auto gone = scene.juliet.take_one();
    const Element* destroy = gone.child("x", ns::muc_user)->child("destroy", ns::muc_user);
    REQUIRE(destroy);
    CHECK(destroy->attribute("jid") == "tomb@rooms.localhost");
    CHECK(destroy->child("reason", ns::muc_user)->text() == "Poison");
    CHECK(all[1].attribute("type") == "result");
}

TEST_CASE("a member has a nick reserved, finds it again, and gives it up [XEP-0045 7.10, 7.12]") {
    Scene scene;
    CHECK(scene.ask(scene.romeo, "set", admin("<item jid='juliet@localhost' affiliation='member'/>")).size() == 2);
    scene.forget();
    const auto none = scene.ask_one(scene.juliet, "get", info("x-roomuser-item"));
    CHECK(none.child("query", ns::disco_info)->attribute("node") == "x-roomuser-item");
    CHECK(none.child("query", ns::disco_info)->count_children() == 0);
    CHECK(scene.ask_one(scene.juliet, "get", registration(""))
              .child("query", ns::registration)
              ->child("x", ns::data_form));
    const auto set = [&](const std::string& child) {
        const auto all = scene.ask(scene.juliet, "set", registration(child));
        REQUIRE_FALSE(all.empty());
        return all.back();
    };
    CHECK(set(form("register", {{"muc#register_roomnick", "Capulet"}})).attribute("type") == "result");
    const auto known = scene.ask_one(scene.juliet, "get", registration(""));
    CHECK(known.child("query", ns::registration)->child("username", ns::registration)->text() == "Capulet");
    const auto found = scene.ask_one(scene.juliet, "get", info("x-roomuser-item"));
    CHECK(found.child("query", ns::disco_info)->first_child()->attribute("name") == "Capulet");
    for (const auto* wrong : {"", "<nonsense/>", "<remove/><remove/>", "<username>n</username>"})
        CHECK(condition_of(set(wrong)) == "bad-request");
    CHECK(condition_of(set(form("register", {}))) == "bad-request");
    CHECK(condition_of(set(form("register", {{"muc#register_roomnick", "n"}}, "cancel"))) == "bad-request");
    CHECK(condition_of(set(form("roomconfig", {{"muc#register_roomnick", "n"}}))) == "bad-request");
    CHECK(set("<remove/>").attribute("type") == "result");
    CHECK(condition_of(set("<remove/>")) == "registration-required");
}

TEST_CASE("a room is told in the disco what it is; the subject is for those who may enter [XEP-0045 6.4, 14.4]") {
    Scene scene;
    scene.say(scene.romeo, "<subject>Balconies</subject>", "groupchat");
    scene.forget();
    Client tybalt(scene.house, "tybalt", "street");
    const auto subject = [&](Client& client) -> std::string {
        const auto x = *scene.ask_one(client, "get", info()).child("query", ns::disco_info)->child("x", ns::data_form);
        const auto parsed = parse_form(x);
        REQUIRE(parsed.has_value());
        const FormField* field = parsed->field("muc#roominfo_subject");
        return field ? std::string(field->value()) : "-";
    };
    CHECK(subject(tybalt) == "Balconies");
    scene.ask(scene.romeo, "set", configure("roomsecret", "s"));
    scene.forget();
    CHECK(subject(tybalt) == "-");
    CHECK(subject(scene.juliet) == "Balconies");
    const auto features = features_of(scene.ask_one(tybalt, "get", info()));
    for (const auto* feature :
         {"muc_passwordprotected", "muc_public", "muc_open", "muc_unmoderated", "muc_semianonymous", "muc_temporary",
          "jabber:iq:register", "http://jabber.org/protocol/muc#request"}) {
        CAPTURE(feature);
        CHECK(features.find(" " + std::string(feature) + " ") != std::string::npos);
    }
}

TEST_CASE("the disco tells who may invite as it is: in an open room everybody [XEP-0045 6.4, 7.8.2]") {
    Scene scene;
    const auto allows = [&] {
        const auto answer = scene.ask_one(scene.romeo, "get", info());
        const auto parsed = parse_form(*answer.child("query", ns::disco_info)->child("x", ns::data_form));
        REQUIRE(parsed.has_value());
        return std::string(parsed->field("muc#roomconfig_allowinvites")->value());
    };
    CHECK(allows() == "1");
    scene.ask(scene.romeo, "set", configure("membersonly", "1"));
    CHECK(allows() == "0");
    scene.ask(scene.romeo, "set", configure("allowinvites", "1"));
    CHECK(allows() == "1");
}

TEST_CASE("strangers ask nothing of occupants, and what occupants ask each other is passed on [XEP-0045 6.6, 17.4]") {
    Scene scene;
    Client tybalt(scene.house, "tybalt", "street");
    const std::string ping = "<ping xmlns='urn:xmpp:ping'/>", of_juliet = garden + "/juliet";
    CHECK(condition_of(scene.ask_one(tybalt, "get", info(), of_juliet)) == "bad-request");
    CHECK(condition_of(scene.ask_one(tybalt, "get", ping, of_juliet)) == "not-acceptable");
    CHECK(scene.ask_one(scene.juliet, "get", ping, of_juliet).attribute("type") == "result");
    CHECK(scene.ask(scene.romeo, "get", ping, of_juliet).empty());
    const auto passed = scene.juliet.take();
    REQUIRE(passed.size() == 1);
    CHECK(passed.front().attribute("from") == garden + "/romeo");
    CHECK(passed.front().child("ping", ns::ping));
    CHECK(condition_of(scene.ask_one(scene.romeo, "get", ping, garden + "/nobody")) == "item-not-found");
}

TEST_CASE("nodes that a room does not have are refused [XEP-0045 18.1.1]") {
    Scene scene;
    CHECK(condition_of(scene.ask_one(scene.romeo, "get", info("http://jabber.org/protocol/muc#traffic"))) ==
          "feature-not-implemented");
    CHECK(condition_of(scene.ask_one(scene.romeo, "get", info("n"))) == "item-not-found");
}

TEST_CASE("an invitation goes to whom it names, on any loop [XEP-0045 7.8.2]") {
    Scene scene;
    Client tybalt(scene.house, "tybalt", "street", 1);
    tybalt.send("<presence/>");
    tybalt.take();
    CHECK(scene
              .say(scene.romeo,
                   "<x xmlns='http://jabber.org/protocol/muc#user'><invite to='tybalt@localhost'>"
                   "<reason>A feast</reason></invite></x>",
                   "")
              .empty());
    const auto invitation = tybalt.take_one();
    CHECK(invitation.attribute("from") == garden);
    const Element* invite = invitation.child("x", ns::muc_user)->child("invite", ns::muc_user);
    CHECK(invite->attribute("from") == garden + "/romeo");
    CHECK(invite->child("reason", ns::muc_user)->text() == "A feast");
    scene.say(tybalt, "<x xmlns='http://jabber.org/protocol/muc#user'><decline to='" + garden +
                          "/romeo'><reason>No</reason>"
                          "</decline></x>");
    const auto decline = scene.romeo.take_one();
    CHECK(decline.child("x", ns::muc_user)->child("decline", ns::muc_user)->attribute("from") == "tybalt@localhost");
}

TEST_CASE("messages to the room that say nothing it knows are refused") {
    Scene scene;
    const auto refused = [&](const std::string& child, const std::string& type = "normal") {
        const auto all = scene.say(scene.romeo, child, type);
        REQUIRE(all.size() == 1);
        CHECK(all.front().attribute("type") == "error");
        return condition_of(all.front());
    };
    CHECK(refused("<x xmlns='http://jabber.org/protocol/muc#user'/>") == "bad-request");
    CHECK(refused("<x xmlns='http://jabber.org/protocol/muc#user'><invite to='@'/></x>") == "jid-malformed");
    CHECK(refused("<x xmlns='jabber:x:data' type='nonsense'/>") == "bad-request");
    CHECK(refused(form("roomconfig", {})) == "bad-request");
    CHECK(refused(form("request", {{"muc#role", "moderator"}})) == "not-acceptable");
    CHECK(refused("<body>hello?</body>") == "feature-not-implemented");
    CHECK(refused("<x xmlns='http://jabber.org/protocol/muc#user'><invite to='a@b'/></x>", "chat") ==
          "feature-not-implemented");
    CHECK(scene.say(scene.romeo, form("request", {}, "cancel")).empty());
}

TEST_CASE("a visitor asks for voice, and a moderator's form gives it [XEP-0045 7.13, 8.6]") {
    Scene scene;
    scene.ask(scene.romeo, "set", admin("<item nick='juliet' role='visitor'/>"));
    scene.ask(scene.romeo, "set", configure("moderatedroom", "1"));
    scene.forget();
    CHECK(scene.say(scene.juliet, form("request", {{"muc#role", "participant"}})).empty());
    const auto asked = scene.romeo.take_one();
    const auto filled_in = parse_form(*asked.child("x", ns::data_form));
    REQUIRE(filled_in.has_value());
    CHECK(filled_in->field("muc#roomnick")->value() == "juliet");
    CHECK(scene.nurse.take().empty());
    scene.say(scene.romeo, form("request", {{"muc#role", "participant"},
                                            {"muc#roomnick", "juliet"},
                                            {"muc#jid", "juliet@localhost/balcony"},
                                            {"muc#request_allow", "true"}}));
    const auto given = scene.juliet.take_one();
    CHECK(given.child("x", ns::muc_user)->child("item", ns::muc_user)->attribute("role") == "participant");
}

TEST_CASE("a probe is answered by an occupant's presence, and for no room with an error [XEP-0045 17.3]") {
    Scene scene;
    scene.romeo.send("<presence type='probe' id='p' to='" + garden + "/juliet'/>");
    CHECK(scene.romeo.take_one().attribute("from") == garden + "/juliet");
    scene.romeo.send("<presence type='probe' to='" + garden + "'/>");
    CHECK(scene.romeo.take().empty());
    scene.romeo.send("<presence type='probe' to='nowhere@rooms.localhost/juliet'/>");
    const auto error = scene.romeo.take_one();
    CHECK(error.child("error", ns::client)->child("item-not-found", ns::stanza_errors));
    CHECK(error.child("x", ns::muc));
}

TEST_CASE("with login open nobody of our own domain is an administrator; another domain's server vouches for its own") {
    /// A door to users of another domain, as a component has it.
    struct Beyond : Door {
        std::vector<Element> got;
        void send(std::uint64_t, const SharedStanza&) override {}
        void send(std::uint64_t, const Element& stanza) override { got.push_back(stanza); }
        void forget_room(std::uint64_t, const std::string&) override {}
        void caught_up(std::uint64_t) override {}
    };
    Config config;
    for (const auto* administrator : {"nurse@localhost", "nurse@example.org"})
        config.administrators.push_back(*Jid::parse(administrator));
    Scene scene(config);
    CHECK(condition_of(scene.ask_one(scene.nurse, "get", owner(""))) == "forbidden");

    Beyond beyond;
    const unsigned loop = scene.house.hub->loop_of(garden);
    const Route route{loop, scene.house.hub->add_door(loop, beyond), 1};
    Element iq{"iq", std::string(ns::client), {}, {}};
    iq.set("type", "get").set("id", "q").set("to", garden).add("query", ns::muc_owner);
    for (const auto* user : {"nurse@example.org/kitchen", "juliet@example.org/balcony"})
        scene.house.hub->rooms(loop).on_stanza({route, *Jid::parse(user)}, iq, *Jid::parse(garden));
    scene.house.hub->poll();
    REQUIRE(beyond.got.size() == 2);
    CHECK(beyond.got[0].attribute("type") == "result");
    CHECK(condition_of(beyond.got[1]) == "forbidden");
}
