#include "resume_house.hpp"
#include "xmpp/base64.hpp"

// Connections that come and go, as XEP-0198 §5 has it from the client's side.
namespace mucbridge::resume_fuzz {

namespace {

constexpr std::string_view header =
    "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";

/// The gateway remembers for 15 minutes what it has: who comes later does not send it again.
constexpr std::chrono::minutes worth_sending{14};

}  // namespace

void House::connect(Person& person, unsigned how) {
    if (person.session)
        return;
    settle();
    open(person, how % hub_->loop_count());
    if (!person.id.empty()) {
        if ((how & 8) != 0)
            resume_wrongly(person, how >> 4);
        if (resume(person)) {
            if ((how & 64) != 0)
                feed(person, "<resume xmlns='urn:xmpp:sm:3' previd='" + person.id + "' h='0'/>");
            return;
        }
    }
    bind(person);
}

void House::open(Person& person, unsigned loop) {
    person.session = hub_->sessions(loop).open(person.user);
    const std::string plain = to_base64(std::string("\0", 1) + person.user + std::string("\0pw", 3));
    feed(person,
         std::string(header) + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + plain + "</auth>");
    hub_->poll();
    feed(person, std::string(header));
    hub_->poll();
    person.session->take_output();
    person.gets = XmlStream();
    person.gets.feed(header);
}

void House::resume_wrongly(Person& person, unsigned how) {
    std::string id = person.id, h = std::to_string(person.received);
    switch (how % 4) {
        case 0:
            id += "0";
            break;
        case 1:
            id = people_[(&person - people_.data() + 1) % people_.size()].id;
            id = id.empty() || id == person.id ? "0.0." : id;
            break;
        case 2:
            id = person.used_ids.empty() ? "x" : person.used_ids.back();
            break;
        default:
            h = std::to_string(person.received + 100000);
    }
    person.was_refused_resumption = false;
    feed(person, "<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='" + h + "'/>");
    hub_->poll();
    const Xml* failed = nullptr;
    person.gets.feed(person.session->take_output());
    const auto answers = person.gets.take();
    for (const Xml& each : answers)
        failed = each.is("failed", "urn:xmpp:sm:3") ? &each : failed;
    if (!failed)
        fail(person, "a wrong resumption was not refused");
}

/// True: it goes on as before, and what was not acknowledged is sent again.
bool House::resume(Person& person) {
    person.was_resumed = person.was_refused_resumption = false;
    feed(person,
         "<resume xmlns='urn:xmpp:sm:3' previd='" + person.id + "' h='" + std::to_string(person.received) + "'/>");
    hub_->poll();
    read(witness_);  // what was held back for it may have been too much
    const bool ought_to = person.kept != nullptr;
    if (ought_to) {
        person.session = person.kept;
        person.expires.reset();
        person.is_inactive = false;
        person.is_asked = false;
    }
    read(person);
    if (ought_to && !person.was_resumed)
        fail(person, "it was to be resumed, and was not");
    if (!ought_to && !person.was_refused_resumption)
        fail(person, "it was resumed as nobody");
    if (ought_to)
        resend(person);
    return ought_to;
}

void House::resend(Person& person) {
    const std::deque<Sent> again = person.unacknowledged;
    for (const Sent& sent : again)
        feed(person, sent.stanza);
}

void House::bind(Person& person) {
    const std::deque<Sent> left = std::exchange(person.unacknowledged, {});
    for (auto& [token, said] : lines_)
        if (said.user == person.user && said.is_early && !said.is_refused && said.published == 0)
            said.is_given_up = true;  // the refusal was lost with the session
    if (!person.id.empty())
        person.used_ids.push_back(std::exchange(person.id, {}));
    person.sent = person.acknowledged = person.received = 0;
    person.is_managed = person.is_inactive = person.is_asked = false;
    person.nick = "n-" + person.user + "-" + std::to_string(++person.lives);
    person.rooms.clear();
    person.kept = person.session;
    feed(person, "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + person.nick +
                     "</resource></bind></iq>");
    settle();
    if (person.has_management) {
        feed(person, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
        settle();
        if (!person.is_managed)
            fail(person, "stream management was not enabled");
    }
    join(person);
    for (const Sent& sent : left)
        if (!sent.line.empty()) {
            Said& said = lines_.at(sent.line);
            said.is_given_up = said.is_given_up || said.is_refused || now_.tick - said.at > worth_sending;
            if (!said.is_given_up)
                send(person, sent.stanza, sent.line);
        }
    settle();
}

void House::join(Person& person) {
    for (const std::string& room : rooms()) {
        send(person, "<presence to='" + room + "@rooms.localhost/" + person.nick +
                         "'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>");
        settle();
        if (person.session && !person.rooms[room].is_inside)
            fail(person, "did not come into " + room);
    }
}

/// The session is gone for good.
void House::forget(Person& person) {
    if (person.session == person.kept)
        person.session = nullptr;
    person.kept = nullptr;
    person.expires.reset();
}

/// Its session may have come to its end, or lost patience with the connection.
void House::look_after(Person& person) {
    if (!person.kept)
        return;
    if (person.kept->is_over()) {
        person.kept->on_disconnected("gone");
        return forget(person);
    }
    if (person.kept->is_detached() && !person.expires) {
        person.expires = now_.tick + config_.limits.resume_time;
        if (person.session == person.kept)
            person.session = nullptr;
    }
}

void House::end_connection(Person& person) {
    person.session = nullptr;
    person.kept->on_disconnected("reset by peer");
    if (!person.kept->is_detached())
        return forget(person);
    look_after(person);
}

}  // namespace mucbridge::resume_fuzz
