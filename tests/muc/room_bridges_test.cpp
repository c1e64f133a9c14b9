#include <deque>
#include <random>

#include "muc/stage.hpp"

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// A topic on one of several brokers.
struct Place {
    std::size_t broker;
    std::string topic;
    auto operator<=>(const Place&) const = default;
};

/// Rooms, of one gateway or of several, and the brokers that they are mirrored between.
class World {
public:
    World(unsigned seed, bool carries_properties, bool shares_key)
        : random_(seed), carries_(carries_properties), shares_key_(shares_key), brokers_(2 + pick(2)) {
        const std::size_t count = 2 + pick(2);
        for (std::size_t i = 0; i < count; ++i)
            add_room();
    }

    void publish(const Place& place, const std::string& body) {
        queues_[place.broker].push_back({place, {}, "lamp", body, {}, {}, {}});
    }
    void say(std::size_t room, const std::string& body) {
        Line line;
        line.body = body;
        carry_out(room, stages_[room].room.on_groupchat(romeo, std::move(line), stages_[room].now));
    }
    /// Delivers, one broker or the other, until nothing is on its way. False: there is no end.
    bool settle(std::size_t at_most) {
        for (;;) {
            std::vector<std::size_t> busy;
            for (auto& [broker, queue] : queues_)
                if (!queue.empty())
                    busy.push_back(broker);
            if (busy.empty())
                return true;
            if (delivered_++ > at_most)
                return false;
            auto& queue = queues_[busy[pick(busy.size())]];
            const Sent publication = std::move(queue.front());
            queue.pop_front();
            deliver(publication);
        }
    }
    /// The rooms that a line must reach, said in one of them or published at a place.
    std::set<std::size_t> reached(std::set<Place> places, std::set<std::size_t> rooms) const {
        for (std::size_t before = std::string::npos; before != places.size() + rooms.size();) {
            before = places.size() + rooms.size();
            for (std::size_t i = 0; i < places_.size(); ++i) {
                const auto is_heard = [&](const Place& place) { return places.contains(place); };
                if (rooms.contains(i) || std::ranges::any_of(places_[i], is_heard)) {
                    rooms.insert(i);
                    places.insert(places_[i].begin(), places_[i].end());
                }
            }
        }
        return rooms;
    }
    std::size_t times_said(std::size_t room, const std::string& body) const {
        const auto found = said_[room].find(body);
        return found == said_[room].end() ? 0 : found->second;
    }
    std::size_t most_publications_of(const std::string& body) const {
        std::size_t most = 0;
        for (const auto& [what, count] : published_)
            if (what.second == body)
                most = std::max(most, count);
        return most;
    }
    std::size_t ids_of(const std::string& body) const {
        const auto found = ids_.find(body);
        return found == ids_.end() ? 0 : found->second.size();
    }
    std::size_t rooms() const { return stages_.size(); }
    Place any_place() { return {pick(brokers_), pick(2) == 0 ? "t" : "u"}; }
    std::size_t pick(std::size_t below) { return random_() % below; }

private:
    struct Sent {
        Place place;
        std::string id, nick, body, origin;
        std::optional<std::size_t> room, mirror;
        WallTime said_at{}, published_at{};
    };

    void add_room() {
        std::vector<Place> places;
        const std::size_t wanted = 2 + pick(2);
        while (places.size() < wanted)
            if (const Place place = any_place(); std::ranges::find(places, place) == places.end())
                places.push_back(place);
        RoomWiring wiring = both_ways();
        wiring.home = places[0].topic;
        wiring.mark = "[" + std::to_string(places[0].broker) + "]";
        wiring.carries_properties = wiring.tells_refusals = carries_;
        for (std::size_t i = 1; i < places.size(); ++i)
            wiring.mirrors.push_back({.carries_properties = carries_,
                                      .address = places[i].topic,
                                      .mark = "[" + std::to_string(places[i].broker) + "]"});
        stages_.emplace_back(wiring);
        stages_.back().joins(romeo, "romeo");
        stages_.back().room.on_granted({true}, stages_.back().now);
        places_.push_back(std::move(places));
        said_.emplace_back();
    }

    void carry_out(std::size_t room, const Effects& effects) {
        const auto send = [&](const Said& said, std::optional<std::size_t> mirror) {
            const Place& place = places_[room][mirror ? *mirror + 1 : 0];
            queues_[place.broker].push_back({place, said.line.stanza_id, said.nick, *said.line.body,
                                             "origin " + std::to_string(room), room, mirror, said.said_at,
                                             said.published_at});
        };
        for (const Effect& effect : effects) {
            if (const auto* publish = std::get_if<Publish>(&effect))
                send(publish->said, std::nullopt);
            else if (const auto* mirror = std::get_if<Mirror>(&effect))
                send(mirror->said, mirror->mirror);
            else if (const auto* shown = std::get_if<ShowLine>(&effect); shown && shown->line.body)
                ++said_[room][*shown->line.body];
        }
    }

    void deliver(const Sent& publication) {
        ++published_[{publication.place, publication.body}];
        ids_[publication.body].insert(publication.id);
        if (publication.room) {
            Stage& stage = stages_[*publication.room];
            const Settlement accepted{Settlement::Outcome::accepted};
            carry_out(*publication.room,
                      publication.mirror
                          ? stage.room.on_mirrored(*publication.mirror, publication.id, accepted, stage.now)
                          : stage.room.on_settled(publication.id, accepted, stage.now));
        }
        for (std::size_t room = 0; room < stages_.size(); ++room)
            for (std::size_t at = 0; at < places_[room].size(); ++at)
                if (places_[room][at] == publication.place)
                    hear(room, at, publication);
    }

    void hear(std::size_t room, std::size_t at, const Sent& publication) {
        Heard heard;
        heard.address = publication.place.topic;
        heard.body = heard.raw = publication.body;
        heard.nick = "lamp";
        if (at > 0)
            heard.mirror = at - 1;
        if (carries_ && publication.room) {
            heard.id = publication.id;
            heard.origin = publication.origin;
            heard.nick = publication.nick;
            heard.sealed = shares_key_ || publication.room == room;
            heard.said_at = publication.said_at;
            heard.published_at = publication.published_at;
        }
        carry_out(room, stages_[room].room.on_heard(std::move(heard), stages_[room].now));
    }

    std::mt19937 random_;
    bool carries_, shares_key_;
    std::size_t brokers_;
    std::deque<Stage> stages_;
    std::vector<std::vector<Place>> places_;  // of each room, home first
    std::map<std::size_t, std::deque<Sent>> queues_;
    std::vector<std::map<std::string, std::size_t>> said_;
    std::map<std::pair<Place, std::string>, std::size_t> published_;
    std::map<std::string, std::set<std::string>> ids_;
    std::size_t delivered_ = 0;
};

}  // namespace

TEST_CASE("between any rooms and brokers a line is said once in every room that it can reach, under one id [S4]") {
    for (unsigned seed = 0; seed < 500; ++seed) {
        CAPTURE(seed);
        World world(seed, true, true);
        std::map<std::string, std::set<std::size_t>> wanted;
        for (int each = 0; each < 8; ++each) {
            const std::string body = "line " + std::to_string(each);
            if (world.pick(2) == 0) {
                const std::size_t room = world.pick(world.rooms());
                world.say(room, body);
                wanted[body] = world.reached({}, {room});
            } else {
                const Place place = world.any_place();
                world.publish(place, body);
                wanted[body] = world.reached({place}, {});
            }
            if (world.pick(2) == 0)
                REQUIRE(world.settle(2000));
        }
        REQUIRE(world.settle(2000));
        for (const auto& [body, rooms] : wanted) {
            CAPTURE(body);
            for (std::size_t room = 0; room < world.rooms(); ++room)
                REQUIRE(world.times_said(room, body) == rooms.count(room));
            REQUIRE(world.most_publications_of(body) <= world.rooms() + 1);
            REQUIRE(world.ids_of(body) <= 2);  // a publisher's own line has none
        }
    }
}

TEST_CASE("between gateways with different keys nothing goes round for ever") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        World world(seed, true, false);
        world.say(0, "said");
        world.publish(world.any_place(), "published");
        REQUIRE(world.settle(500));
    }
}

TEST_CASE("where nothing but text is carried, what goes round comes to an end") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        World world(seed, false, true);
        world.say(0, "said");
        world.publish(world.any_place(), "published");
        REQUIRE(world.settle(5000));
    }
}
