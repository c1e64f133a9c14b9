#include "stream_house.hpp"

#include <algorithm>

#include "stream_words.hpp"

namespace mucbridge::stream_fuzz {

namespace {

constexpr std::string_view header =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/// What one turn may add to a session's output.
constexpr std::size_t limits_slack = 40 * 1024;

RuleConfig rule(std::string room, std::string topic) {
    RuleConfig out;
    out.room = std::move(room);
    out.topic = std::move(topic);
    return out;
}

std::vector<RuleConfig> make_rules() {
    std::vector<RuleConfig> rules{rule("json.{x}", "j/{x}/chat"), rule("quiet.{x}", "q/{x}"), rule("loud.{x}", "l/{x}"),
                                  rule("who.{x}", "w/{x}"),       rule("zero.{x}", "z/{x}"),  rule("{name}", "{name}")};
    rules[0].payload = PayloadKind::json;
    rules[1].direction = Direction::in;
    rules[2].direction = Direction::out;
    rules[3].who = {{"*@localhost"}, {"u0@localhost", "u1@localhost"}, true};
    rules[4].qos = 0;
    rules[5].nick = "";
    return rules;
}

}  // namespace

const Config& config() {
    static const Config once = [] {
        Config out;
        out.domain = "localhost";
        out.rooms_domain = "rooms.localhost";
        out.listen.clear();
        out.brokers.front().url = "memory:";
        out.brokers.front().queue_lines = 12;
        out.rules = make_rules();
        LimitsConfig& limits = out.limits;
        limits.stanza_bytes_before_login = 4 * 1024;
        limits.stanza_bytes = 16 * 1024;
        limits.session_queue_bytes = 96 * 1024;
        limits.rooms = 7;
        limits.rooms_per_session = 5;
        limits.occupants_per_room = 5;
        limits.lines_in_flight_per_room = 10;
        limits.body_bytes = 2000;
        limits.idle_time = std::chrono::seconds(0);  // these clients answer no pings
        limits.history_lines = 6;
        return out;
    }();
    return once;
}

House::House(const Setup& setup)
    : setup_(setup),
      now_{Tick{} + std::chrono::hours(1), *parse_rfc3339("2026-04-23T19:30:00Z")},
      world_(setup.is_mqtt5),
      wires_(setup.sessions) {
    // Both are costly to make and nobody changes them.
    static const auto seal = std::make_shared<const Seal>(std::string(32, 'k'), "house");
    static const auto mapper = *Mapper::make(config(), seal);
    BrokerFacts facts;
    facts.protocol = setup.is_mqtt5 ? "MQTT 5" : "MQTT 3.1.1";
    facts.carries_properties = facts.tells_refusals = setup.is_mqtt5;
    bus_->pretend(facts);
    listening_ = bus_->subscribe("#", [this](const Delivery& delivery) { on_delivery(delivery); });
    for (unsigned index = 0; index < setup.sessions; ++index) {
        Client& client = world_.clients.emplace_back();
        client.index = index;
        client.user = user_name(index % 4);
    }
    Hub::Parts parts;
    parts.config = config();
    parts.mapper = mapper;
    parts.seal = seal;
    parts.loops = setup.loops;
    parts.clock = [this] { return now_; };
    parts.open = [this](const BrokerConfig& broker, BrokerEvents events) -> Result<std::unique_ptr<Broker>> {
        return make_memory_broker(bus_, broker, {"house", true, ""}, std::move(events));
    };
    hub_ = *Hub::make(std::move(parts));
    for (Link* link : hub_->links())
        link->connect();
    settle();
}

House::~House() { listening_.reset(); }

void House::begin() {
    if (!setup_.begins_inside)
        return;
    for (unsigned who = 0; who < setup_.sessions; ++who) {
        log_in(who, who < 4 ? 0 : 2U << 4);
        play({Kind::join, true, false, who, 0, 1, 0});
    }
}

void House::play(const Step& step) {
    switch (step.kind) {
        case Kind::log_in:
            settle();
            log_in(step.who, step.a);
            break;
        case Kind::hang_up:
            hang_up(step.who, step.a);
            break;
        case Kind::publish:
            publish(step);
            break;
        case Kind::broker:
            trouble(step);
            break;
        case Kind::wind: {
            constexpr std::array times{10, 500, 2100, 5100, 31'000, 61'000, 301'000, 50};
            wind(std::chrono::milliseconds(times.at(step.a % times.size())));
            break;
        }
        default:
            send(step, actor_.write(step, world_.clients[step.who], world_));
    }
    if (step.settles)
        settle();
}

void House::log_in(unsigned who, unsigned choice) {
    hang_up(who, choice >> 6);
    settle();
    Client& client = world_.clients[who];
    const std::string user = client.user, last = client.last_full;
    client = Client{};
    client.index = who;
    client.life = ++lives_;
    client.user = user;
    client.last_full = last;
    client.is_alive = true;
    client.sends.feed(header);
    // Users' sessions are spread over the loops, and so away from some of their rooms.
    wires_[who] = {hub_->sessions(who % hub_->loop_count()).open("fuzzer"), {}};
    for (Client& other : world_.clients)
        other.is_excused = other.is_excused || (other.index != who && other.user == user);
    for (const std::string& part : Actor::write_login(client, choice)) {
        give(who, part, true);
        settle();
    }
}

void House::hang_up(unsigned who, unsigned how) {
    if (!wires_[who].session)
        return;
    write(std::to_string(who) + " hangs up");
    if (how & 1) {
        world_.clients[who].has_closed = true;
        give(who, "</stream:stream>", true);
    }
    if (wires_[who].session)
        end(who);
}

/// What is cut off comes first the next time.
void House::send(const Step& step, std::string bytes) {
    Wire& wire = wires_[step.who];
    bytes.insert(0, std::exchange(wire.rest, {}));
    if (step.is_cut && !bytes.empty()) {
        const std::size_t part = bytes.size() * step.b / 256;
        wire.rest = bytes.substr(part);
        bytes.resize(part);
    }
    give(step.who, bytes, false);
}

void House::give(unsigned who, const std::string& bytes, bool is_login) {
    Client& client = world_.clients[who];
    if (!wires_[who].session || bytes.empty())
        return;
    write(std::to_string(who) + " > " + bytes);
    if (!is_login && !client.full.empty()) {
        client.sends.feed(bytes);
        for (const Xml& stanza : client.sends.take())
            world_.on_sent(client, stanza);
        const LimitsConfig& limits = config().limits;
        const XmlStream& sent = client.sends;
        client.has_closed = client.has_closed || sent.has_ended();
        client.is_excused = client.is_excused || sent.is_broken() || sent.is_odd() ||
                            sent.most_bytes() > limits.stanza_bytes / 2 || sent.most_depth() > limits.depth / 2 ||
                            sent.most_attributes() > limits.attributes / 2 || sent.most_nodes() > limits.children / 2;
    }
    wires_[who].session->on_bytes(bytes, now_);
    read(who);
}

bool House::read(unsigned who) {
    Wire& wire = wires_[who];
    if (!wire.session)
        return false;
    Client& client = world_.clients[who];
    const std::string bytes = wire.session->take_output();
    // A line more, and it is one that reads too slowly.
    client.is_excused = client.is_excused || bytes.size() + limits_slack > config().limits.session_queue_bytes;
    if (!bytes.empty())
        write(std::to_string(who) + " < " + bytes);
    hear(client, bytes);
    if (!wire.session->is_over())
        return !bytes.empty();
    if (!client.gets.has_ended())
        throw Broken{client.user + ": a stream that ends without its end"};
    if (!client.full.empty() && !client.is_excused && !client.has_closed)
        throw Broken{client.full + ": its stream was ended without a cause: " + client.stream_error.value_or("")};
    end(who);
    return true;
}

/// As far as the login goes tag by tag: after <success/> a new stream begins.
void House::hear(Client& client, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto tag = client.full.empty() ? bytes.find('>') : bytes.npos;
        const std::string_view part = bytes.substr(0, tag == bytes.npos ? tag : tag + 1);
        bytes.remove_prefix(part.size());
        client.gets.feed(part);
        bool is_new_stream = false;
        for (const Xml& stanza : client.gets.take()) {
            world_.on_got(client, stanza);
            is_new_stream = is_new_stream || stanza.is("success", "urn:ietf:params:xml:ns:xmpp-sasl");
        }
        if (client.gets.is_broken() || client.gets.is_odd())
            throw Broken{client.user + ": what it gets is no XML stream: " + std::string(part)};
        if (is_new_stream)
            client.gets = XmlStream();
    }
}

void House::end(unsigned who) {
    // Without a socket, one that never asked for a resource is not told of by its end.
    nameless_ += world_.clients[who].full.empty();
    std::exchange(wires_[who].session, nullptr)->on_disconnected("gone");
    wires_[who].rest.clear();
    world_.on_gone(world_.clients[who]);
}

void House::settle() {
    for (bool has_moved = true; has_moved;) {
        hub_->poll();
        has_moved = false;
        for (unsigned who = 0; who < setup_.sessions; ++who)
            has_moved = read(who) || has_moved;
    }
    if (hub_->room_count() > config().limits.rooms)
        throw Broken{"more rooms than there may be"};
    world_.settle();
}

void House::wind(std::chrono::milliseconds time) {
    now_.tick += time;
    now_.wall += time;
    for (unsigned who = 0; who < setup_.sessions; ++who)
        if (wires_[who].session) {
            wires_[who].session->on_tick(now_);
            read(who);
        }
}

void House::finish() {
    wait_for_broker();
    for (int i = 0; i < 3; ++i) {
        wind(std::chrono::seconds(6));
        settle();
    }
    world_.judge_end();
    for (unsigned who = 0; who < setup_.sessions; ++who)
        hang_up(who, who);
    settle();
    for (const int seconds : {31, 301, 31}) {
        wind(std::chrono::seconds(seconds));
        settle();
    }
    std::size_t sessions = 0;
    for (unsigned loop = 0; loop < hub_->loop_count(); ++loop)
        sessions += hub_->sessions(loop).count();
    const LinkStatus link = hub_->links().front()->status();
    if (hub_->room_count() != 0 || sessions > nameless_ || link.in_flight != 0 || link.waiting != 0)
        throw Broken{"everybody is gone, but not " + std::to_string(hub_->room_count()) + " rooms, " +
                     std::to_string(sessions) + " sessions, " + std::to_string(link.in_flight) + " lines in flight, " +
                     std::to_string(link.waiting) + " that wait"};
}

}  // namespace mucbridge::stream_fuzz
