#include <algorithm>
#include <cctype>

#include "stream_model.hpp"
#include "stream_words.hpp"

// What must hold when everything has run.
namespace mucbridge::stream_fuzz {

namespace {

using Lines = std::vector<std::string>;

bool is_prefix(const Lines& part, const Lines& whole) {
    return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

bool is_suffix(const Lines& part, const Lines& whole) {
    return part.size() <= whole.size() && std::equal(part.rbegin(), part.rend(), whole.rbegin());
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool has_voice(const std::string& role) { return role == "participant" || role == "moderator"; }

}  // namespace

std::string Visit::role() const {
    const auto own = roster.find(nick);
    return is_inside && own != roster.end() ? own->second.role : std::string();
}

void Visit::leave() {
    is_inside = false;
    was_changed = true;
    roster.clear();
    past.reset();
    jids_of.clear();
}

void World::on_gone(Client& client) {
    client.is_alive = false;
    client.last_full = client.full;
    for (auto& [room, visit] : client.visits) {
        visit.leave();
        visit.joins.clear();
    }
}

void World::settle() {
    for (Said& said : said_) {
        if (said.period != period_)
            continue;
        const Client& client = clients[said.client];
        const auto visit = client.visits.find(said.room);
        if (client.life != said.life) {
            said.may = true;  // its stream is gone, and what it was told with it
            continue;
        }
        if (visit == client.visits.end())
            continue;
        said.nicks = visit->second.nicks;
        if (!client.is_alive)
            said.nicks.insert(visit->second.asked.begin(), visit->second.asked.end());
        said.may = !client.is_alive || visit->second.had_voice;
        said.must = client.is_alive && visit->second.is_inside && has_voice(visit->second.role()) &&
                    !visit->second.was_changed && !client.is_excused;
    }
    for (const Delivery& publication : published_)
        judge_published(publication);
    for (const Shown& shown : shown_)
        judge_shown(shown);
    for (const ShownWhisper& shown : whispers_shown_)
        judge_private(shown);
    close_stays();
    for (auto& [name, room] : rooms_) {
        if (room.changers.size() > 1)
            room.is_configured_oddly = true;
        else if (room.was_opened)
            room.is_configured_oddly = false;
        judge_order(name);
        judge_rosters(name);
    }
    judge_answers();
    begin_period();
}

void World::close_stays() {
    for (Client& client : clients)
        for (auto& [name, visit] : client.visits)
            if (visit.is_inside && !visit.stays.empty())
                visit.stays.back().to_end = true;
}

/// One order for all, with nothing lost and nothing twice: who was inside all the time got the same, who came later the
/// rest of it, who went the beginning.
void World::judge_order(const std::string& room) {
    std::vector<const Visit::Stay*> whole, parts;
    for (const Client& client : clients)
        if (const auto visit = client.visits.find(room); visit != client.visits.end())
            for (const Visit::Stay& stay : visit->second.stays)
                (stay.from_start && stay.to_end ? whole : parts).push_back(&stay);
    if (whole.empty())
        return;
    const Lines& all = whole.front()->lines;
    const auto is_of_all = [&](const Visit::Stay& stay) {
        if (stay.from_start || stay.to_end)
            return stay.from_start ? is_prefix(stay.lines, all) : is_suffix(stay.lines, all);
        return stay.lines.empty() ||
               std::search(all.begin(), all.end(), stay.lines.begin(), stay.lines.end()) != all.end();
    };
    const bool is_one = std::ranges::all_of(whole, [&](const auto* stay) { return stay->lines == all; }) &&
                        std::ranges::all_of(parts, [&](const auto* stay) { return is_of_all(*stay); });
    if (is_one)
        return;
    std::string text = room + ": occupants got other lines, or in another order:";
    for (const auto* stay : whole)
        text += "\n  all the time: " + std::to_string(stay->lines.size()) + " lines";
    for (const auto* stay : parts)
        text += std::string("\n  ") + (stay->from_start ? "until it went" : "since it came") + ": " +
                std::to_string(stay->lines.size()) + " lines";
    throw Broken{text};
}

/// Everybody was told of everybody, with the same role and affiliation that each knows of itself; and nicks are one
/// user's each.
void World::judge_rosters(const std::string& room) {
    const RoomModel& known = model(room);
    std::map<std::string, std::pair<std::string, Seen>> inside;  // by nick: bare JID, role
    std::map<std::string, std::string> folded;
    for (const Client& client : clients) {
        const auto found = client.visits.find(room);
        if (!client.is_alive || found == client.visits.end() || !found->second.is_inside)
            continue;
        const Visit& visit = found->second;
        const auto own = visit.roster.find(visit.nick);
        if (own == visit.roster.end())
            throw Broken{room + ": " + client.full + " does not know itself as " + visit.nick};
        const auto [same, is_new] = inside.try_emplace(visit.nick, client.bare, own->second);
        if (!is_new && same->second != std::pair{client.bare, own->second})
            throw Broken{room + ": the nick " + visit.nick + " is two users', or not told to both its sessions"};
        if (const auto [other, is_first] = folded.try_emplace(lower(visit.nick), client.bare);
            !is_first && other->second != client.bare)
            throw Broken{room + ": " + visit.nick + " is another's nick but for its case"};
    }
    for (const Client& client : clients) {
        const auto found = client.visits.find(room);
        if (!client.is_alive || found == client.visits.end() || !found->second.is_inside || known.is_configured_oddly)
            continue;
        std::map<std::string, Seen> expected;
        for (const auto& [nick, who] : inside)
            if (nick == found->second.nick || !known.hidden_roles.contains(who.second.role))
                expected.emplace(nick, who.second);
        if (expected == found->second.roster)
            continue;
        std::string text = room + ": " + client.full + " knows other occupants than there are:";
        for (const auto& [nick, seen] : found->second.roster)
            text += "\n  told: " + nick + " " + seen.affiliation + " " + seen.role;
        for (const auto& [nick, seen] : expected)
            text += "\n  is: " + nick + " " + seen.affiliation + " " + seen.role;
        throw Broken{text};
    }
}

void World::judge_answers() {
    for (Client& client : clients) {
        if (!client.is_alive)
            continue;
        for (const auto& [id, asked] : client.asked)
            if (!asked.is_relayed)
                throw Broken{client.full + ": no answer to iq " + id + " to " + asked.to};
        for (auto& [room, visit] : client.visits) {
            if (!visit.joins.empty() && visit.presences_sent == 1)
                throw Broken{client.full + ": no answer to the join " + visit.joins.front() + " of " + room};
            visit.joins.clear();
        }
    }
}

void World::begin_period() {
    ++period_;
    published_.clear();
    shown_.clear();
    whispers_shown_.clear();
    for (auto& [name, room] : rooms_) {
        room.changers.clear();
        room.was_opened = false;
    }
    for (Client& client : clients)
        for (auto& [name, visit] : client.visits) {
            visit.stays.clear();
            visit.nicks.clear();
            visit.asked.clear();
            if (visit.is_inside) {
                visit.stays.push_back({true, false, {}});
                visit.nicks.insert(visit.nick);
            }
            visit.had_voice = has_voice(visit.role());
            visit.was_changed = false;
            visit.presences_sent = 0;
        }
}

void World::judge_end() const {
    for (const Said& said : said_) {
        // Only its speaker is told that a line is refused or, where refusals are silent, not confirmed.
        const Client& speaker = clients[said.client];
        const bool is_gone = !speaker.is_alive || speaker.life != said.life;
        const auto room = rooms_.find(said.room);
        const bool is_settled = is_mqtt5_ && room != rooms_.end() && !room->second.address.starts_with("z/");  // QoS 0
        const bool may_be_lost =
            said.is_unconfirmed ? !is_settled || said.id.empty() : is_gone && (!is_settled || had_refusal_);
        if (!said.must || said.is_refused || may_be_lost)
            continue;
        for (const Client& client : clients) {
            const auto visit = client.visits.find(said.room);
            if (!client.is_alive || visit == client.visits.end() || !visit->second.is_inside ||
                visit->second.since >= said.period)
                continue;
            if (said.stanza_id.empty() || !visit->second.ids.contains(said.stanza_id))
                throw Broken{said.room + ": " + client.full + " never got, and nobody was refused: " + said.id + " " +
                             said.body};
        }
    }
}

RoomModel& World::model(const std::string& room) {
    const auto [found, is_new] = rooms_.try_emplace(room);
    if (is_new)
        for (const RoomWords& words : rooms())
            if (room_of(words.written + "@rooms.localhost") == room)
                found->second.address = words.address;
    return found->second;
}

void fail(const Client& client, std::string_view what, const Xml& stanza) {
    throw Broken{(client.full.empty() ? client.user : client.full) + ": " + std::string(what) + ": " + to_text(stanza)};
}

std::string to_text(const Xml& xml) {
    std::string out = "<" + xml.name + " xmlns='" + xml.ns + "'";
    for (const auto& [name, value] : xml.attributes)
        out += " " + name + "='" + escape(value) + "'";
    out += ">" + escape(xml.text);
    for (const Xml& child : xml.children)
        out += to_text(child);
    return out + "</" + xml.name + ">";
}

}  // namespace mucbridge::stream_fuzz
