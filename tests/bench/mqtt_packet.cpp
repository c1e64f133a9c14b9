#include "bench/mqtt_packet.hpp"

#include <stdexcept>

namespace mucbridge::bench {

namespace {

constexpr unsigned qos_1 = 1U << 1;

std::string write_number(std::size_t number) {
    return {static_cast<char>(number >> 8 & 0xFF), static_cast<char>(number & 0xFF)};
}

std::string write_text(std::string_view text) { return write_number(text.size()).append(text); }

std::string write_packet(PacketType type, unsigned flags, std::string_view body) {
    std::string bytes(1, static_cast<char>(static_cast<unsigned>(type) << 4 | flags));
    std::size_t length = body.size();
    do {
        bytes += static_cast<char>((length & 0x7F) | (length > 0x7F ? 0x80 : 0));
        length >>= 7;
    } while (length > 0);
    return bytes.append(body);
}

std::string_view take(std::string_view& bytes, std::size_t count) {
    if (bytes.size() < count)
        throw std::runtime_error("an MQTT packet ends too early");
    const auto taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
}

std::uint16_t take_number(std::string_view& bytes) {
    const auto two = take(bytes, 2);
    return static_cast<std::uint16_t>(static_cast<unsigned char>(two[0]) << 8 | static_cast<unsigned char>(two[1]));
}

}  // namespace

std::optional<Packet> take_packet(std::string_view& bytes) {
    std::size_t length = 0;
    for (std::size_t at = 1; at < bytes.size(); ++at) {
        const auto byte = static_cast<unsigned char>(bytes[at]);
        length |= std::size_t{byte & 0x7FU} << (7 * (at - 1));
        if ((byte & 0x80) != 0) {
            if (at == 4)
                throw std::runtime_error("an MQTT packet says an impossible length");
            continue;
        }
        if (bytes.size() - at - 1 < length)
            return std::nullopt;
        const auto first = static_cast<unsigned char>(bytes[0]);
        const Packet packet{PacketType(first >> 4), static_cast<std::uint8_t>(first & 0xF),
                            bytes.substr(at + 1, length)};
        bytes.remove_prefix(at + 1 + length);
        return packet;
    }
    return std::nullopt;
}

Published read_publish(const Packet& packet) {
    Published published;
    std::string_view body = packet.body;
    published.topic = take(body, take_number(body));
    if ((packet.flags & 0x6) != 0)
        published.id = take_number(body);
    published.payload = body;
    return published;
}

std::string write_connect(std::string_view client) {
    constexpr char clean_session = 2, level = 4;
    return write_packet(PacketType::connect, 0,
                        write_text("MQTT") + level + clean_session + write_number(0) + write_text(client));
}

std::string write_subscribe(std::uint16_t id, std::string_view topic, int qos) {
    return write_packet(PacketType::subscribe, 2, write_number(id) + write_text(topic) + static_cast<char>(qos));
}

std::string write_publish(const Published& publication) {
    const bool has_id = publication.id != 0;
    std::string body = write_text(publication.topic) + (has_id ? write_number(publication.id) : "");
    return write_packet(PacketType::publish, has_id ? qos_1 : 0, body.append(publication.payload));
}

std::string write_puback(std::uint16_t id) { return write_packet(PacketType::puback, 0, write_number(id)); }

}  // namespace mucbridge::bench
