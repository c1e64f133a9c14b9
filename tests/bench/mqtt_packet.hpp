#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// As much of MQTT 3.1.1 as it takes to publish and to subscribe with QoS 0 and 1.
namespace mucbridge::bench {

enum class PacketType : std::uint8_t { connect = 1, connack, publish, puback, subscribe = 8, suback };

struct Packet {
    PacketType type = PacketType::connect;
    std::uint8_t flags = 0;
    std::string_view body;
};

/// The first whole packet, off the front of `bytes`; none: there is only the beginning of one. Throws
/// std::runtime_error on a length that cannot be [MQTT-2.2.3].
std::optional<Packet> take_packet(std::string_view& bytes);

/// What a PUBLISH says. `id` is 0 at QoS 0.
struct Published {
    std::string_view topic, payload;
    std::uint16_t id = 0;
};

/// Throws std::runtime_error where the packet ends too early.
Published read_publish(const Packet& packet);

/// A clean session without keep-alive.
std::string write_connect(std::string_view client);
std::string write_subscribe(std::uint16_t id, std::string_view topic, int qos);
/// QoS 0 where `id` is 0, else QoS 1.
std::string write_publish(const Published& publication);
std::string write_puback(std::uint16_t id);

}  // namespace mucbridge::bench
