#include <algorithm>

#include "stream_model.hpp"

// Lines: who said what is shown, and what is published.
namespace mucbridge::stream_fuzz {

namespace {

constexpr std::string_view mark = "[main]";

std::string body_of(const Xml& message) {
    const Xml* body = message.child("body", client_ns);
    return body ? body->text : std::string();
}

}  // namespace

Said* World::find_said(const std::string& room, const std::string& id, const std::string& body) {
    const auto [begin, end] = said_by_id_.equal_range({room, id.empty() ? body : id});
    for (auto at = begin; at != end; ++at)
        if (Said& said = said_[at->second]; said.body == body)
            return &said;
    return nullptr;
}

/// A line is what an occupant of the room said, under the nick that it had then; or it bears the broker's mark.
void World::judge_shown(const Shown& shown) {
    const Client& client = clients[shown.client];
    const Xml& message = shown.message;
    const std::string nick = resource_of(message.attribute("from")), body = body_of(message);
    ++lines_shown_;
    const bool is_known = message.child("occupant-id", occupant_id_ns) != nullptr;
    if (!is_known && nick.ends_with(mark))
        return judge_foreign(shown, nick, body);
    Said* said = find_said(shown.room, message.attribute("id"), body);
    if (!said && !is_known) {
        // Of another room on the same address, which for this one is another gateway's.
        const std::string& address = model(shown.room).address;
        for (const auto& [name, other] : rooms_)
            if (name != shown.room && other.address == address && !address.empty() && !said)
                said = find_said(name, message.attribute("id"), body);
        if (said)
            return;
    }
    if (!said || !said->may)
        fail(client, said ? "a line of one who might not speak" : "a line that nobody said", message);
    if (said->is_refused)
        fail(client, "a line whose speaker was told that it is refused", message);
    const bool is_nick_apart = !is_known || !is_mqtt5_;  // a second copy that nobody remembers, or a late one
    const bool is_nick = std::ranges::any_of(said->nicks, [&](const std::string& each) {
        return nick == each || (is_nick_apart && nick.starts_with(each + " ["));
    });
    if (!is_nick)
        fail(client, "a line under another nick than it was said", message);
    const Xml* sid = message.child("stanza-id", sid_ns);
    std::string stanza_id;
    for (const Xml& child : message.children)
        if (child.is("stanza-id", sid_ns) && room_of(child.attribute("by")) == shown.room)
            stanza_id = child.attribute("id");
    if (!sid || (!said->stanza_id.empty() && said->stanza_id != stanza_id))
        fail(client, "one line under two stanza-ids", message);
    said->stanza_id = stanza_id;
}

void World::judge_private(const ShownWhisper& shown) {
    const Client& client = clients[shown.client];
    const Xml& message = shown.message;
    const Xml* id = message.child("occupant-id", occupant_id_ns);
    const std::string text = body_of(message), nick = resource_of(message.attribute("from"));
    const auto is_it = [&](Whisper& whisper) {
        const Client& sender = clients[whisper.client];
        const auto visit = sender.visits.find(shown.room);
        const bool is_told = sender.is_alive && sender.life == whisper.life && visit != sender.visits.end();
        return whisper.room == shown.room && whisper.id == message.attribute("id") && whisper.body == text &&
               (!is_told || visit->second.nicks.contains(nick)) && shown.nicks.contains(whisper.nick) &&
               whisper.got.emplace(shown.client, shown.life).second;
    };
    if (std::ranges::none_of(whispers_, is_it))
        fail(client, "a private message that nobody sent, to this nick, as this one", message);
    if (message.count("x", user_ns) != 1 || (id && id->attribute("id") == "forged"))
        fail(client, "a private message with forged words of the room", message);
}

/// Of a publisher: its words, its mark, and nobody's nick or id.
void World::judge_foreign(const Shown& shown, const std::string& nick, const std::string& body) {
    const Client& client = clients[shown.client];
    for (const Client& other : clients)
        if (const auto visit = other.visits.find(shown.room); visit != other.visits.end() && other.is_alive)
            if (visit->second.nicks.contains(nick))
                fail(client, "a publisher under an occupant's nick", shown.message);
    const std::string& address = model(shown.room).address;
    const std::string token = token_of(body);
    if (token.empty() && body.starts_with("binary payload, "))
        return;
    const bool is_replayed = std::ranges::any_of(said_, [&](const Said& said) {
        return said.published > 0 && model(said.room).address == address && token_of(said.body) == token;
    });
    const auto published = foreign_.find({address, token});
    if (published == foreign_.end() && !is_replayed)
        fail(client, "words that nobody published", shown.message);
    if (published == foreign_.end())
        return;
    auto& ids = foreign_shown_[{shown.room, token}];
    ids.insert(shown.message.child("stanza-id", sid_ns)->attribute("id"));
    if (ids.size() > published->second && !retained_.contains({address, token}))
        fail(client, "a publication that is shown twice", shown.message);
}

void World::judge_published(const Delivery& publication) {
    const auto give_up = [&](const std::string& what) {
        throw Broken{what + ": at \"" + publication.address + "\": " + publication.payload};
    };
    const std::string& address = publication.address;
    if (address.empty() || address.front() == '$' || address.front() == '/' || address.back() == '/' ||
        address.find("//") != std::string::npos || address.find_first_of(std::string_view("+#\0", 3)) != address.npos)
        give_up("an address that no room gives");
    if (address.starts_with("mucbridge/"))
        return;  // the gateway's own state
    const std::string token = token_of(publication.payload);
    const auto said = std::ranges::find_if(said_, [&](const Said& each) {
        const bool is_it = token.empty() ? each.body == publication.payload : token_of(each.body) == token;
        return is_it && model(each.room).address == address;
    });
    if (said == said_.end())
        give_up("a publication that nobody said in that room");
    if (!said->may || said->is_refused || said->is_shown_only)
        give_up("a publication of one who might not speak, or was refused");
    if (publication.content_type != "application/json" && publication.payload != said->body && is_mqtt5_)
        give_up("a publication of other words than were said");
    if (++said->published > 1 && !had_outage_)
        give_up("a publication twice, without an outage");
}

}  // namespace mucbridge::stream_fuzz
