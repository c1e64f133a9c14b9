#include "stage.hpp"

#include <algorithm>

#include "failure.hpp"

namespace mucbridge::scenes {
namespace {

constexpr std::chrono::milliseconds step{50};
constexpr std::chrono::seconds reconnect_at_most{40};

/// For a transcript and for failures.
std::string describe(const std::string& payload) {
    std::string out;
    for (const char c : payload) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            out += c;
        } else {
            constexpr auto digits = "0123456789abcdef";
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return out;
}

}  // namespace

Stage::Stage(unsigned loops)
    : loops_(loops), now_{Tick{} + std::chrono::hours(1), *parse_rfc3339("2026-04-23T19:30:00Z")} {
    config.domain = "localhost";
    config.rooms_domain = "rooms.localhost";
    config.listen.clear();
    config.brokers.clear();
    add_broker(main_broker, "5");
}

Stage::~Stage() { listening_.clear(); }  // gateways that go say so, and nobody listens any more

void Stage::write(const std::string& words) { transcript.push_back(std::to_string(line) + ": " + describe(words)); }

void Stage::add_broker(const std::string& name, const std::string& version) {
    if (buses_.contains(name))
        throw Failure{"a broker of another name", name + " is declared before"};
    if (version != "5" && version != "3.1.1")
        throw Failure{"MQTT 5 or MQTT 3.1.1", version};
    BrokerFacts facts;
    facts.protocol = "MQTT " + version;
    facts.carries_properties = facts.tells_refusals = version == "5";
    auto& bus = buses_[name] = std::make_shared<MemoryBus>();
    bus->pretend(facts);
    listening_.push_back(
        bus->subscribe("#", [this, name](Delivery delivery) { on_delivery(name, std::move(delivery)); }));
    BrokerConfig broker;
    broker.name = name;
    broker.url = "memory:";
    config.brokers.push_back(std::move(broker));
}

MemoryBus& Stage::bus(const std::string& broker) {
    const auto found = buses_.find(broker);
    if (found == buses_.end())
        throw Failure{"a declared broker", broker};
    return *found->second;
}

Stage::Place Stage::place(const std::string& topic) {
    const auto colon = topic.find(':');
    if (colon != std::string::npos && buses_.contains(topic.substr(0, colon)))
        return {bus(topic.substr(0, colon)), topic.substr(colon + 1)};
    return {bus(), topic};
}

void Stage::add_gateway(const std::string& name, const std::string& key) {
    houses_[name].key = std::string(32, key.empty() ? 'k' : key.front());
    if (has_begun_)
        open(name, houses_[name]);
}

void Stage::add_user(Casting casting) {
    if (std::any_of(cast_.begin(), cast_.end(), [&](const Casting& other) { return other.name == casting.name; }))
        throw Failure{"a user of another name", casting.name + " is declared before"};
    cast_.push_back(std::move(casting));
    if (has_begun_)
        enter(cast_.back());
}

void Stage::begin() {
    has_begun_ = true;
    if (!houses_.contains(main_gateway))
        add_gateway(main_gateway, {});
    for (auto& [name, house] : houses_)
        if (!house.hub)
            open(name, house);
    for (const Casting& casting : cast_)
        enter(casting);
}

void Stage::open(const std::string& name, House& house) {
    const auto seal = std::make_shared<const Seal>(house.key, name);
    auto mapper = Mapper::make(config, seal);
    if (!mapper)
        throw Failure{"rules that can be", mapper.error().text};
    Hub::Parts parts;
    parts.config = config;
    parts.mapper = *mapper;
    parts.seal = seal;
    parts.loops = loops_;
    parts.clock = [this] { return now_; };
    parts.open = [this, name](const BrokerConfig& broker, BrokerEvents events) -> Result<std::unique_ptr<Broker>> {
        return make_memory_broker(buses_.at(broker.name), broker, {name, true, ""}, std::move(events));
    };
    auto hub = Hub::make(std::move(parts));
    if (!hub)
        throw Failure{"a gateway", hub.error().text};
    house.hub = std::move(*hub);
    for (Link* link : house.hub->links())
        link->connect();
    settle();
}

void Stage::enter(const Casting& casting) {
    const auto house = houses_.find(casting.gateway);
    if (house == houses_.end() || !house->second.hub)
        throw Failure{"a gateway of that name", casting.gateway};
    // One user after the other goes to the next loop, so that rooms are shared across loops.
    const auto loop = static_cast<unsigned>(players_.size()) % house->second.hub->loop_count();
    Session* session = house->second.hub->sessions(loop).open("scene");
    auto& player = players_[casting.name];
    player = std::make_unique<Player>(casting, session, [this](const std::string& words) { write(words); });
    for (int steps = 0; player->log_in(config.domain, now_); ++steps) {
        settle();
        if (steps > 10)
            throw Failure{casting.name + " logged in", "no answer"};
    }
}

Player& Stage::player(const std::string& name) {
    const auto found = players_.find(name);
    if (found == players_.end())
        throw Failure{"a declared user", name};
    return *found->second;
}

void Stage::settle() {
    for (int quiet = 0; quiet < 2; ++quiet) {
        for (auto& [name, house] : houses_)
            if (house.hub)
                house.hub->poll();
        for (auto& [name, player] : players_)
            has_moved_ = player->pull() || has_moved_;
        if (std::exchange(has_moved_, false))
            quiet = -1;
    }
}

void Stage::pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= step) {
        const auto part = std::min(time, step);
        now_.tick += part;
        now_.wall += part;
        settle();
    }
}

void Stage::wait_for_brokers() {
    const auto is_up = [](const auto& named) {
        if (!named.second.hub)
            return true;
        const auto links = named.second.hub->links();
        return std::all_of(links.begin(), links.end(), [](const Link* link) { return link->status().state == "up"; });
    };
    for (std::chrono::milliseconds passed{0}; !std::all_of(houses_.begin(), houses_.end(), is_up); passed += step) {
        if (passed > reconnect_at_most)
            throw Failure{"gateways that connect again", "none within 40 s"};
        pass(step);
    }
}

void Stage::stop_gateway(const std::string& name) {
    const auto house = houses_.find(name);
    if (house == houses_.end() || !house->second.hub)
        throw Failure{"a gateway of that name", name};
    Hub& hub = *house->second.hub;
    for (unsigned loop = 0; loop < hub.loop_count(); ++loop)
        hub.rooms(loop).shut_down();
    settle();
    for (unsigned loop = 0; loop < hub.loop_count(); ++loop)
        hub.sessions(loop).shut_down();
    settle();
    for (Link* link : hub.links())
        link->close();
    house->second.hub.reset();
}

void Stage::publish(Publication publication) {
    write("topic " + publication.address + " < " + publication.payload);
    own_.emplace_back(publication.address, publication.payload);
    const Place where = place(publication.address);
    publication.address = where.address;
    where.bus.publish(std::move(publication));
}

void Stage::on_delivery(const std::string& broker, Delivery delivery) {
    has_moved_ = true;
    const std::string name = (broker == main_broker ? "" : broker + ":") + delivery.address;
    const auto own = std::find(own_.begin(), own_.end(), std::pair{name, delivery.payload});
    if (own != own_.end()) {
        own_.erase(own);
        return;
    }
    if (delivery.address.starts_with("mucbridge/"))
        return;
    write("topic " + name + " > " + delivery.payload);
    Topic& topic = topics_[name];
    topic.last = delivery;
    topic.unread.push_back(std::move(delivery));
}

}  // namespace mucbridge::scenes
