#include "resume_house.hpp"

#include <array>

#include "xmpp/base64.hpp"

namespace mucbridge::resume_fuzz {

namespace {

Config make_config(const Setup& setup) {
    Config config;
    config.domain = "localhost";
    config.rooms_domain = "rooms.localhost";
    config.brokers.front().url = "memory:";
    config.brokers.front().queue_lines = 8;
    config.limits.resume_time = std::chrono::seconds(120);
    config.limits.idle_time = std::chrono::seconds(60);
    config.limits.answer_time = std::chrono::seconds(20);
    if (setup.is_small)
        config.limits.unacknowledged_bytes = 6000;
    return config;
}

/// What somebody may say who knows the words of XEP-0198 and XEP-0352 and not their order.
std::string make_harm(unsigned how, const std::string& id) {
    const std::string sm = " xmlns='urn:xmpp:sm:3'", csi = " xmlns='urn:xmpp:csi:0'";
    switch (how % 12) {
        case 0:
            return "<enable" + sm + " resume='true' max='99999999999999999999'/>";
        case 1:
            return "<enable" + sm + " resume='x' h='-1'/><enable" + sm + " resume='1'/>";
        case 2:
            return "<resume" + sm + " previd='" + id + "' h='0'/>";
        case 3:
            return "<resume" + sm + " h='4294967295'/><resume" + sm + " previd='" + id + "' h='1'/>";
        case 4:
            return "<a" + sm + " h='0'/><a" + sm + " h='0'/>";
        case 5:
            return "<a" + sm + " h='4294967295'/>";
        case 6:
            return "<r" + sm + "/><r" + sm + "><r/></r>";
        case 7:
            return "<inactive" + csi + "/><inactive" + csi + "/><active" + csi + "/>";
        case 8:
            return "<resumed" + sm + " previd='" + id + "' h='0'/>";
        case 9:
            return "<active" + csi + "><x/></active><other" + csi + "/>";
        case 10:
            return "<a" + sm + " h='1x'/>";
        default:
            return "<failed" + sm + "/><enabled" + sm + " id='" + id + "'/>";
    }
}

}  // namespace

House::House(const Setup& setup)
    : setup_(setup),
      config_(make_config(setup)),
      now_{Tick{} + std::chrono::hours(1), *parse_rfc3339("2026-04-23T19:30:00Z")},
      people_(setup.people) {
    listening_ = bus_->subscribe("#", [this](const Delivery& delivery) { on_delivery(delivery); });
    Hub::Parts parts;
    parts.config = config_;
    static const auto seal = std::make_shared<const Seal>(std::string(32, 'k'), "house");
    parts.seal = seal;
    parts.mapper = *Mapper::make(config_, seal);
    parts.loops = setup.loops;
    parts.clock = [this] { return now_; };
    parts.open = [this](const BrokerConfig& broker, BrokerEvents events) -> Result<std::unique_ptr<Broker>> {
        return make_memory_broker(bus_, broker, {"house", true, ""}, std::move(events));
    };
    hub_ = *Hub::make(std::move(parts));
    for (Link* link : hub_->links())
        link->connect();
    hub_->poll();
    witness_.user = "witness";
    witness_.has_management = false;
    for (unsigned who = 0; who < setup.people; ++who) {
        people_[who].user = "u" + std::to_string(who);
        people_[who].has_management = who % 4 != 3;
    }
}

void House::begin() {
    connect(witness_, 0);
    for (unsigned who = 0; who < setup_.people; ++who)
        connect(people_[who], who);
}

House::~House() { listening_.reset(); }

void House::play(const Step& step) {
    Person& person = people_[step.who % people_.size()];
    write(person.user + ": " + step.what + std::to_string(step.how));
    switch (step.what) {
        case 's':
        case 'c':
        case 'p':
            if (person.session)
                say(person, static_cast<unsigned>(step.what) << 8 | step.how);
            break;
        case 'i':
        case 'a':
            person.is_inactive = person.session ? step.what == 'i' : person.is_inactive;
            feed(person, step.what == 'i' ? "<inactive xmlns='urn:xmpp:csi:0'/>" : "<active xmlns='urn:xmpp:csi:0'/>");
            break;
        case 'r':
            if (person.is_managed)
                feed(person, "<r xmlns='urn:xmpp:sm:3'/>");
            break;
        case 'k':
            person.is_lazy = (step.how & 1) != 0;
            acknowledge(person);
            break;
        case 'x':
            lose(person, step.how);
            break;
        case 'o':
            connect(person, step.how);
            break;
        case 'h':
            do_harm(step);
            break;
        case 'w': {
            constexpr std::array times{1, 10, 30, 61, 100, 119, 125, 5};
            wind(std::chrono::seconds(times.at(step.how % times.size())));
            break;
        }
        case 'd':
            bus_->set_up(false);
            break;
        case 'u':
            bring_up_broker();
            break;
        default:
            break;
    }
    // Else the next step comes before anything has run.
    if ((step.how & 128) == 0)
        settle();
}

void House::say(Person& person, unsigned how) {
    const std::string& room = rooms()[how & 1];
    const std::string token = std::string(1, how >> 8 == 's' ? 'L' : 'T') + std::to_string(++tokens_);
    const std::string to = "to='" + room + "@rooms.localhost' id='" + token + "'";
    if (how >> 8 == 's') {
        lines_[token] = {.room = room, .user = person.user, .at = now_.tick, .is_managed = person.is_managed};
        const std::string more = (how & 2) != 0 ? " " + std::string(700, 'x') : "";
        return send(person, "<message type='groupchat' " + to + "><body>" + token + more + "</body></message>", token);
    }
    if (how >> 8 == 'c')
        return send(person, "<message type='groupchat' " + to +
                                "><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
    send(person,
         "<presence to='" + room + "@rooms.localhost/" + person.nick + "'><status>" + token + "</status></presence>");
}

/// It is in the books whether or not it arrives.
void House::send(Person& person, const std::string& stanza, const std::string& line) {
    if (person.is_managed) {
        ++person.sent;
        person.unacknowledged.push_back({stanza, line});
    }
    feed(person, stanza);
}

void House::feed(Person& person, const std::string& bytes) {
    if (!person.session)
        return;
    write(person.user + " > " + bytes);
    person.session->on_bytes(bytes, now_);
    // Who has ended is gone when the loops run next.
    if (person.session == person.kept && person.session->is_over())
        read(person);
}

void House::acknowledge(Person& person) {
    person.is_asked = false;
    if (person.is_managed)
        feed(person, "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(person.received) + "'/>");
}

/// In the middle of a stanza perhaps; what was not read is lost. Or the gateway does not learn of it yet.
void House::lose(Person& person, unsigned how) {
    if (!person.session)
        return;
    if ((how & 4) != 0)
        read(person);
    if (!person.session)
        return;
    if ((how & 8) != 0) {
        const std::string half = "<message type='groupchat' to='garden@rooms.localhost' id='half'><body>ha";
        feed(person, half.substr(0, half.size() * (how >> 4) / 15));
    }
    if ((how & 3) != 3 || !person.is_managed)
        end_connection(person);
    else
        person.session = nullptr;
}

void House::do_harm(const Step& step) {
    if (!stranger_) {
        stranger_ = hub_->sessions((step.how >> 4) % hub_->loop_count()).open("stranger");
        const std::string header =
            "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>";
        const std::string name = "evil" + std::to_string(++strangers_);
        stranger_->on_bytes(header + "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
                                to_base64(std::string("\0", 1) + name + std::string("\0pw", 3)) + "</auth>",
                            now_);
        settle();
        stranger_->on_bytes(header, now_);
        if ((step.how & 64) != 0) {
            stranger_->on_bytes("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", now_);
            settle();
            stranger_->on_bytes("<presence to='garden@rooms.localhost/" + name +
                                    "'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
                                now_);
        }
        settle();
    }
    const Person& victim = people_[step.who % people_.size()];
    const std::string harm = make_harm(step.how, victim.id.empty() ? "0.1.x" : victim.id);
    write("stranger > " + harm);
    stranger_->on_bytes(harm, now_);
    if (stranger_->is_over() || (step.how & 32) != 0)
        std::exchange(stranger_, nullptr)->on_disconnected("gone");
}

void House::wind(std::chrono::seconds time) {
    settle();
    now_.tick += time;
    now_.wall += time;
    const auto tick = [this](Person& person) {
        if (!person.is_lazy)
            feed(person, " ");  // RFC 6120 §4.6.1: it is there
        if (person.kept)
            person.kept->on_tick(now_);
        look_after(person);
    };
    tick(witness_);
    for (Person& person : people_)
        tick(person);
    settle();
}

/// Reconnecting has its jitter, so there is some time in it.
void House::bring_up_broker() {
    bus_->set_up(true);
    settle();
    for (int seconds = 0; hub_->links().front()->status().state != "up"; ++seconds) {
        if (seconds > 120)
            throw Broken{"the broker is there, and the gateway does not connect"};
        wind(std::chrono::seconds(1));
    }
    settle();
}

void House::finish() {
    settle();
    bring_up_broker();
    for (int again = 0; again < 2; ++again)
        for (Person& person : people_) {
            person.is_lazy = false;
            if (!person.session)
                connect(person, 0);
            person.is_inactive = false;
            feed(person, "<active xmlns='urn:xmpp:csi:0'/>");
            if (person.is_managed)
                feed(person, "<r xmlns='urn:xmpp:sm:3'/>");
            settle();
            wind(std::chrono::seconds(2));
        }
    check_lines();
    for (Person& person : people_) {
        feed(person, "</stream:stream>");
        settle();
    }
    if (stranger_)
        std::exchange(stranger_, nullptr)->on_disconnected("gone");
    feed(witness_, "</stream:stream>");
    hub_->poll();
    read(witness_);
    hub_->poll();
    for (const int seconds : {121, 301, 31}) {
        now_.tick += std::chrono::seconds(seconds);
        hub_->poll();
    }
    std::size_t sessions = 0;
    for (unsigned loop = 0; loop < hub_->loop_count(); ++loop)
        sessions += hub_->sessions(loop).count();
    // Without a socket, a stranger that never asked for a resource is not told of by its end.
    if (sessions > strangers_ || hub_->room_count() != 0)
        throw Broken{"everybody is gone, but not " + std::to_string(hub_->room_count()) + " rooms, " +
                     std::to_string(sessions) + " sessions"};
}

}  // namespace mucbridge::resume_fuzz
