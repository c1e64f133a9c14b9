#include "stream_actor.hpp"

#include "stream_words.hpp"

namespace mucbridge::stream_fuzz {

namespace {

/// The occupant JID of somebody inside, as far as the client knows; else of anybody.
std::string nick_inside(const Client& client, World& world, const std::string& room, unsigned choice) {
    const auto visit = client.visits.find(world.room_of(room));
    if (visit == client.visits.end() || visit->second.roster.empty() || choice % 8 == 7)
        return std::string(nick(choice));
    auto at = visit->second.roster.begin();
    std::advance(at, choice % visit->second.roster.size());
    return at->first;
}

std::string history(unsigned choice) {
    constexpr std::array wishes{"",
                                "",
                                "",
                                "<history maxstanzas='0'/>",
                                "<history maxchars='300'/>",
                                "<history seconds='5'/>",
                                "<history since='2026-04-23T19:30:01Z'/>",
                                "<history maxstanzas='-1' seconds='99999999999999999999' since='yesterday'/>"};
    return wishes.at(choice % wishes.size());
}

}  // namespace

std::string Actor::make_id(unsigned hostile) {
    return "i" + std::to_string(++ids_) + escape(hostile % 8 == 7 ? "'<evil/>&\"" : "");
}

std::string Actor::iq(std::string_view type, const std::string& to, const std::string& child) {
    return "<iq type='" + std::string(type) + "' id='" + make_id(ids_) + "'" + (to.empty() ? "" : " to='" + to + "'") +
           ">" + child + "</iq>";
}

std::string Actor::write(const Step& step, const Client& client, World& world) {
    const std::string room = escape(rooms()[step.room].written) + "@rooms.localhost";
    switch (step.kind) {
        case Kind::say:
        case Kind::gesture:
        case Kind::subject:
        case Kind::direct:
            return write_message(step, client, room);
        case Kind::whisper:
            return "<message type='" + std::string(step.a % 4 == 3 ? "normal" : "chat") + "' id='" + make_id(step.b) +
                   "' to='" + room + "/" +
                   escape(nick_inside(client, world, rooms()[step.room].written + "@rooms.localhost", step.a)) +
                   "'><body>" + make_token('W') + escape(hostile_text(step.b)) + "</body>" + extra(step.b >> 4, room) +
                   "</message>";
        case Kind::join:
        case Kind::leave:
        case Kind::nick:
        case Kind::status:
        case Kind::odd:
        case Kind::available:
            return write_presence(step, client, room);
        case Kind::role:
        case Kind::rank:
            return write_admin(step, client, room, world);
        case Kind::configure:
            return write_configuration(step, room);
        case Kind::ask:
            return write_question(step, client, room);
        case Kind::enrol:
            return write_registration(step, room);
        case Kind::invite:
            return write_invitation(step, room);
        case Kind::voice:
            return write_voice(step, room);
        case Kind::answer:
            return write_answer(step, client);
        case Kind::bounce:
            return "<" + std::string(step.a & 1 ? "presence" : "message") + " type='error' id='" + make_id(0) +
                   "' to='" + room + (step.a & 2 ? "/romeo" : "") + "'><error type='cancel'><" +
                   (step.a & 4 ? "recipient-unavailable" : "bad-request") +
                   " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></" + (step.a & 1 ? "presence" : "message") +
                   ">";
        case Kind::broken:
            return write_broken(step, client, room);
        default:
            return "";
    }
}

std::string Actor::write_message(const Step& step, const Client& client, const std::string& room) {
    const std::string id = step.a % 16 == 15 && step.kind == Kind::say ? "" : " id='" + make_id(step.a) + "'";
    const std::string begin = "<message" + id;
    const std::string child = extra(step.b >> 4, room);
    const bool is_first = step.a & 64 && !child.starts_with("<body");  // the first body is the one that counts
    switch (step.kind) {
        case Kind::gesture:
            return begin + " type='groupchat' to='" + room + "'>" + (step.a & 1 ? "<body/>" : "") +
                   (child.starts_with("<body") ? "" : child) + "</message>";
        case Kind::subject:
            return begin + " type='groupchat' to='" + room + "'><subject>" + make_token('S') +
                   escape(hostile_text(step.b)) + "</subject>" + (step.a & 1 ? "<thread>t</thread>" : "") +
                   "</message>";
        case Kind::direct:
            return begin + " type='" + (step.b & 64 ? "groupchat" : "chat") + "' to='" +
                   (step.a & 8 ? user_name(step.a & 7) + "@localhost" : escape(client.full)) + "'><body>" +
                   escape(hostile_text(step.b)) + "</body>" + child + "</message>";
        default:
            return begin + " type='groupchat' to='" + room + (step.a % 32 == 30 ? "/romeo" : "") + "'" +
                   (step.a & 16 ? " xml:lang='de'" : "") + (step.a & 32 ? " from='" + escape(client.full) + "'" : "") +
                   ">" + (is_first ? child : "") + "<body>" + make_token('L') + escape(hostile_text(step.b)) +
                   "</body>" + (is_first ? "" : child) + "</message>";
    }
}

std::string Actor::write_presence(const Step& step, const Client& client, const std::string& room) {
    const std::string begin = "<presence id='" + make_id(step.b) + "'", to = " to='" + room;
    const std::string child = extra(step.b >> 4, room);
    const auto visit = client.visits.find(rooms()[step.room].written + "@rooms.localhost");
    const bool is_inside = visit != client.visits.end() && visit->second.is_inside;
    const std::string own = escape(is_inside ? visit->second.nick : client.user);
    constexpr std::array odd_types{"subscribe", "subscribed", "unsubscribe", "probe", "probe", "nonsense", "", "error"};
    switch (step.kind) {
        case Kind::join:
            // Mostly under the own name, so that rooms fill.
            return begin + to + "/" + (step.a & 3 ? escape(client.user) : escape(nick(step.a >> 2))) + "'>" + child +
                   "<x xmlns='http://jabber.org/protocol/muc'>" + history(step.b) +
                   (step.b & 8 ? "<password>&lt;secret&gt;</password>" : "") + "</x></presence>";
        case Kind::leave:
            return begin + " type='unavailable'" + to + "/" + own + "'>" + child + "</presence>";
        case Kind::nick:
            return begin + to + "/" + escape(nick(step.a)) + "'>" + child + "</presence>";
        case Kind::status:
            return begin + to + "/" + own + "'><show>" + (step.a & 1 ? "away" : "dnd") + "</show>" + child +
                   "</presence>";
        case Kind::odd:
            return begin + " type='" + odd_types.at(step.a & 7) + "'" + to +
                   (step.a & 8 ? "" : "/" + (step.a & 16 ? own : escape(nick(step.b)))) + "'>" + child + "</presence>";
        default:
            return begin + (step.a & 1 ? " type='unavailable'" : "") +
                   (step.a & 14 ? "" : " to='" + user_name(step.b & 7) + "@localhost'") + ">" + child + "</presence>";
    }
}

std::string Actor::write_admin(const Step& step, const Client& client, const std::string& room, World& world) {
    constexpr std::array roles{"none", "visitor", "participant", "moderator"};
    constexpr std::array ranks{"outcast", "none", "member", "admin", "owner", "member", "nonsense", ""};
    const std::string who = escape(nick_inside(client, world, rooms()[step.room].written + "@rooms.localhost", step.a));
    const std::string name = user_name(step.a & 7) + "@localhost" + (step.a & 8 ? "/r" : "");
    std::string item;
    if (step.kind == Kind::role)
        item = "<item nick='" + who + "' role='" + roles.at(step.b & 3) + "'>";
    else
        item = "<item jid='" + (step.a % 16 == 15 ? "localhost" : name) + "' affiliation='" + ranks.at(step.b & 7) +
               "'" + (step.b & 8 ? " nick='" + who + "'" : "") + ">";
    item += std::string(step.b & 16 ? "<reason>&lt;evil/&gt;</reason>" : "") + "</item>";
    const bool is_two = (step.b & 96) == 96, is_list = (step.b & 128) != 0;
    return iq(is_list ? "get" : "set", room,
              "<query xmlns='http://jabber.org/protocol/muc#admin'>" + item +
                  (is_two ? "<item nick='romeo' role='none'/>" : "") + "</query>");
}

std::string Actor::write_configuration(const Step& step, const std::string& room) {
    const std::string query = "<query xmlns='http://jabber.org/protocol/muc#owner'>";
    const auto field = [](const std::string& name, const std::string& value) {
        return "<field var='muc#roomconfig_" + name + "'>" + value + "</field>";
    };
    const auto flag = [&](const std::string& name, bool is_set) {
        return field(name, std::string("<value>") + (is_set ? "1" : "0") + "</value>");
    };
    if (step.a % 16 == 0)
        return iq("set", room,
                  query + "<destroy jid='a.b@rooms.localhost'><reason>&lt;evil/&gt;</reason></destroy></query>");
    if (step.a % 16 == 1)
        return iq("set", room, query + "<x xmlns='jabber:x:data' type='cancel'/></query>");
    if (step.a % 16 == 2)
        return iq("get", room, query + "</query>");
    std::string form =
        "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
        "<value>http://jabber.org/protocol/muc#roomconfig</value></field>";
    if (step.a & 16)
        form += flag("moderatedroom", step.b & 1);
    if (step.a & 32)
        form += flag("membersonly", step.b & 2);
    if (step.a & 64)
        form += flag("changesubject", step.b & 4) +
                field("whois", step.b & 8 ? "<value>anyone</value>" : "<value>moderators</value>");
    if (step.a & 128)
        form += field("presencebroadcast", std::string(step.b & 16 ? "<value>visitor</value>" : "") +
                                               (step.b & 32 ? "<value>participant</value>" : "") +
                                               (step.b & 64 ? "<value>moderator</value>" : "") +
                                               (step.b & 128 ? "<value>none</value>" : ""));
    if (step.a % 16 == 3)
        form +=
            field("roomsecret", "<value>&lt;secret&gt;</value>") + field("roomname", "<value>&lt;evil/&gt;'</value>");
    if (step.a % 16 == 4)
        form += field("maxusers", "<value>3</value>") +
                field("allowpm", "<value>" + std::string(step.b & 1 ? "none" : "moderators") + "</value>");
    return iq("set", room, query + form + "</x></query>");
}

std::string Actor::write_answer(const Step& step, const Client& client) {
    if (client.questions.empty())
        return "";
    const auto& [id, from] = client.questions[step.a % client.questions.size()];
    const std::string end = "id='" + escape(id) + "' to='" + escape(from) + "'>";
    if (step.b & 1)
        return "<iq type='result' " + end + "<x xmlns='urn:x:extra'>&lt;evil/&gt;</x></iq>";
    return "<iq type='error' " + end + "<error type='cancel' by='" + escape(client.full) +
           "'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
}

}  // namespace mucbridge::stream_fuzz
