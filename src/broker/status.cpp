#include "broker/status.hpp"

namespace mucbridge {
namespace {

/// A JSON string. Wants UTF-8.
std::string quote(const std::string& text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (byte == '"' || byte == '\\') {
            quoted += '\\';
            quoted += byte;
        } else if (code < 0x20) {
            quoted += "\\u00";
            quoted += digits[code >> 4];
            quoted += digits[code & 0x0f];
        } else {
            quoted += byte;
        }
    }
    return quoted + '"';
}

}  // namespace

std::string status_topic(const BrokerConfig& config, const BrokerIdentity& identity) {
    return config.status_topic.empty() ? "mucbridge/" + identity.origin + "/status" : config.status_topic;
}

Publication make_status(const std::string& topic, const std::string& origin, const std::string& state) {
    Publication publication;
    publication.address = topic;
    publication.payload = "{\"origin\":" + quote(origin) + ",\"state\":" + quote(state) + "}";
    publication.qos = 1;
    publication.retain = true;
    publication.content_type = "application/json";
    return publication;
}

}  // namespace mucbridge
