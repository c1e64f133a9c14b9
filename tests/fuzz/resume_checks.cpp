#include <algorithm>
#include <charconv>

#include "resume_house.hpp"

// What people get, and whether it is as it was promised.
namespace mucbridge::resume_fuzz {

namespace {

constexpr std::string_view client_ns = "jabber:client", sm_ns = "urn:xmpp:sm:3";

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

/// What a stanza of a room tells, in a word; "" where it is not one of those that are counted.
std::string word_of(const Xml& stanza, const std::string& nick) {
    const std::string type = stanza.attribute("type");
    if (stanza.name == "message") {
        if (type == "groupchat")
            if (const Xml* body = stanza.child("body", client_ns))
                return "line " + first_word(body->text);
        return stanza.child("composing", "http://jabber.org/protocol/chatstates") ? "state " + stanza.attribute("id")
                                                                                  : "";
    }
    if (stanza.name != "presence" || !(type.empty() || type == "unavailable"))
        return "";
    if (type == "unavailable")
        return "out " + nick;
    const Xml* status = stanza.child("status", client_ns);
    return status ? "presence " + status->text : "in " + nick;
}

bool is_own(const Xml& presence) {
    const Xml* x = presence.child("x", stream_fuzz::user_ns);
    return x && std::ranges::any_of(x->children, [](const Xml& each) { return each.attribute("code") == "110"; });
}

}  // namespace

void House::settle() {
    for (bool has_moved = true; has_moved;) {
        hub_->poll();
        for (Person& person : people_)
            if (person.expires && now_.tick >= *person.expires)
                forget(person);
        has_moved = read(witness_);
        for (Person& person : people_) {
            if (!person.session && !person.expires)
                look_after(person);  // the gateway has its connection still
            has_moved = read(person) || has_moved;
        }
    }
    for (Person& person : people_)
        follow(person);
    check_people();
    if (stranger_)
        stranger_->take_output();
}

bool House::read(Person& person) {
    const bool was_kept = person.kept != nullptr;
    if (person.session == person.kept)
        look_after(person);
    // Who has ended leaves its rooms when the loops run next.
    if (!person.session)
        return was_kept && !person.kept;
    const std::string bytes = person.session->take_output();
    if (!bytes.empty())
        write(person.user + " < " + bytes);
    person.gets.feed(bytes);
    if (person.gets.is_broken())
        fail(person, "what it gets is no XML stream");
    for (const Xml& stanza : person.gets.take())
        hear(person, stanza);
    if (person.is_asked && !person.is_lazy && person.session == person.kept)
        acknowledge(person);
    look_after(person);
    return !bytes.empty();
}

void House::hear(Person& person, const Xml& stanza) {
    if (stanza.ns == sm_ns)
        return hear_management(person, stanza);
    if (stanza.ns != client_ns)
        return;
    person.received += person.is_managed;
    if (stanza.name == "message" && stanza.attribute("type") == "error")
        if (const auto said = lines_.find(stanza.attribute("id")); said != lines_.end())
            said->second.is_refused = true;
    hear_in_room(person, stanza);
}

void House::hear_management(Person& person, const Xml& element) {
    if (element.name == "enabled") {
        person.is_managed = true;
        person.id = element.attribute("id");
    } else if (element.name == "r") {
        person.is_asked = true;
    } else if (element.name == "a") {
        on_count(person, element.attribute("h"));
    } else if (element.name == "resumed") {
        person.was_resumed = true;
        on_count(person, element.attribute("h"));
    } else if (element.name == "failed") {
        person.was_refused_resumption = true;
        if (element.find("h"))
            on_count(person, element.attribute("h"));
    } else {
        fail(person, "unknown: " + element.name);
    }
}

/// It never decreases, and never exceeds what was sent.
void House::on_count(Person& person, const std::string& h) {
    std::uint32_t count = 0;
    const auto [end, error] = std::from_chars(h.data(), h.data() + h.size(), count);
    if (h.empty() || error != std::errc() || end != h.data() + h.size())
        fail(person, "a count that is none: " + h);
    if (count < person.acknowledged)
        fail(person, "h decreases from " + std::to_string(person.acknowledged) + " to " + h);
    if (count > person.sent)
        fail(person, "h is " + h + ", and " + std::to_string(person.sent) + " were sent");
    for (; person.acknowledged < count; ++person.acknowledged) {
        if (const std::string& token = person.unacknowledged.front().line; !token.empty()) {
            Said& said = lines_.at(token);
            said.is_acknowledged = true;
            said.is_early = said.published == 0 && !said.is_refused && !is_on_disk(token);
        }
        person.unacknowledged.pop_front();
    }
}

void House::hear_in_room(Person& person, const Xml& stanza) {
    const std::string from = stanza.attribute("from");
    const auto at = from.find('@');
    const auto slash = from.find('/');
    if (at == from.npos || slash == from.npos)
        return;
    const std::string room = from.substr(0, at), nick = from.substr(slash + 1);
    if (std::ranges::find(rooms(), room) == rooms().end())
        return;
    const std::string word = word_of(stanza, nick);
    if (word.empty())
        return;
    const bool is_entry = word == "in " + person.nick && is_own(stanza);
    if (&person != &witness_)
        return person.rooms[room].heard.push_back(is_entry ? "entered" : word);
    person.rooms[room].is_inside = person.rooms[room].is_inside || is_entry;
    if (person.rooms[room].is_inside && !is_entry)
        witness(room, word, nick);
}

void House::witness(const std::string& room, const std::string& word, const std::string& nick) {
    auto& events = events_[room];
    const bool is_known = std::ranges::find(events, word, &Event::word) != events.end();
    // Gestures and presences that are sent again come again.
    if (is_known && word.starts_with("line L"))
        throw Broken{room + ": came twice: " + word};
    events.push_back({word});
    if (word.starts_with("in "))
        present_[room].insert(nick);
    if (word.starts_with("out "))
        present_[room].erase(nick);
    for (Person& person : people_)
        if (word == "out " + person.nick && person.kept) {
            if (!setup_.is_small && !person.kept->is_over())
                fail(person, "was put out of " + room);
            forget(person);
        }
}

/// Each hears all that the witness hears, from its entry on, once and in order.
void House::follow(Person& person) {
    for (auto& [room, membership] : person.rooms) {
        const auto& events = events_[room];
        for (const std::string& word : std::exchange(membership.heard, {})) {
            if (word == "entered") {
                const auto entry = std::ranges::find(events, "in " + person.nick, &Event::word);
                if (entry == events.end() || membership.is_inside)
                    fail(person, "entered " + room + " otherwise than others saw it");
                membership.is_inside = true;
                membership.next = static_cast<std::size_t>(entry - events.begin()) + 1;
            } else if (membership.is_inside) {
                if (membership.next >= events.size() || events[membership.next].word != word)
                    fail(person, room + ": heard \"" + word + "\" where \"" +
                                     (membership.next < events.size() ? events[membership.next].word : "nothing") +
                                     "\" was to come");
                ++membership.next;
            }
        }
        if (!membership.is_inside || !person.session || person.session != person.kept)
            continue;
        for (std::size_t next = membership.next; next < events.size(); ++next)
            if (!person.is_inactive || events[next].is_line())
                fail(person, room + ": did not hear \"" + events[next].word + "\"");
    }
}

/// Nobody a ghost, and nobody lost.
void House::check_people() {
    for (const Person& person : people_)
        for (const auto& [room, membership] : person.rooms)
            if (membership.is_inside && (person.kept != nullptr) != present_[room].contains(person.nick))
                fail(person, room + (person.kept ? ": it is lost" : ": its ghost is there"));
}

bool House::is_on_disk(const std::string& token) const {
    const auto spooled = hub_->store().tables().spool.load();
    return spooled && std::ranges::any_of(*spooled, [&](const SpooledLine& line) {
               return first_word(line.said.line.body.value_or("")) == token;
           });
}

void House::check_lines() {
    for (const auto& [token, said] : lines_) {
        const auto& events = events_[said.room];
        const std::size_t shown = std::ranges::count(events, "line " + token, &Event::word);
        const std::string what = said.user + "'s line " + token + " in " + said.room;
        if (said.published > 1)
            throw Broken{what + " is on the topic " + std::to_string(said.published) + " times"};
        if (said.is_early && said.published > 0)
            throw Broken{what + " was acknowledged before the broker or the disk had it"};
        if (said.published > shown)
            throw Broken{what + " is on the topic and was not shown"};
        if (said.is_managed && !said.is_refused && !said.is_given_up && said.published == 0)
            throw Broken{what + " is lost"};
        if (said.is_managed && !said.is_refused && !said.is_given_up && !said.is_acknowledged)
            throw Broken{what + " was never acknowledged"};
    }
}

/// Called by the bus, which wants nothing thrown.
void House::on_delivery(const Delivery& delivery) {
    if (const auto said = lines_.find(first_word(delivery.payload)); said != lines_.end())
        ++said->second.published;
}

void House::fail(const Person& person, const std::string& what) const { throw Broken{person.user + ": " + what}; }

}  // namespace mucbridge::resume_fuzz
