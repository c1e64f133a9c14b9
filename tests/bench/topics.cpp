#include "bench/topics.hpp"

#include <unistd.h>

#include "bench/mqtt_packet.hpp"

namespace mucbridge::bench {

Topics::Topics(const Options& options, Role role, std::vector<RoomTally>& tallies, Latencies& latencies)
    : Connection("the broker"), options_(options), role_(role), tallies_(tallies), latencies_(latencies) {}

void Topics::on_open() {
    const char* role = role_ == Role::publisher ? "publisher" : "subscriber";
    send(write_connect("bench-" + std::to_string(::getpid()) + "-" + role));
}

void Topics::on_bytes(std::string_view& bytes) {
    const Tick at = now();
    while (const auto packet = take_packet(bytes)) {
        if (packet->type == PacketType::connack)
            on_connected(packet->body);
        else if (packet->type == PacketType::suback)
            on_subscribed(packet->body);
        else if (packet->type == PacketType::publish) {
            const Published published = read_publish(*packet);
            if (published.id != 0)
                queue(write_puback(published.id));
            hear(published.topic, published.payload, at);
        }
    }
    flush();
}

void Topics::on_connected(std::string_view answer) {
    if (answer.size() < 2 || answer[1] != 0)
        fail("refused the connection");
    is_connected_ = true;
    if (role_ == Role::publisher)
        return;
    answers_missing_ = tallies_.size();
    for (unsigned room = 0; room < tallies_.size(); ++room)
        queue(write_subscribe(static_cast<std::uint16_t>(room % 0xFFFF + 1), name_room(options_, room), options_.qos));
}

void Topics::on_subscribed(std::string_view answer) {
    if (answer.size() < 3 || answer[2] != options_.qos)
        fail("refused a subscription, or its QoS");
    --answers_missing_;
}

void Topics::hear(std::string_view topic, std::string_view payload, Tick at) {
    const auto name = parse_body(payload);
    const auto room = find_room(options_, topic);
    if (!name || !room || *room >= tallies_.size())
        fail("an unknown line: " + std::string(topic) + " " + std::string(payload));
    tallies_[*room].hear(options_.occupants, *name, at, latencies_);
}

void Topics::publish(unsigned room, LineName name) {
    if (options_.qos > 0 && ++last_id_ == 0)
        last_id_ = 1;
    queue(write_publish({name_room(options_, room), write_body(name, options_.body), last_id_}));
}

}  // namespace mucbridge::bench
