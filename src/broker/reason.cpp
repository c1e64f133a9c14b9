#include "broker/reason.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mucbridge {
namespace {

using Words = std::pair<int, const char*>;

constexpr std::array reasons{
    Words{0x80, "unspecified error"},
    Words{0x81, "malformed packet"},
    Words{0x82, "protocol error"},
    Words{0x83, "refused for a reason of the broker's own"},
    Words{0x84, "unsupported protocol version"},
    Words{0x85, "client id not valid"},
    Words{0x86, "bad user name or password"},
    Words{0x87, "not authorized"},
    Words{0x88, "server unavailable"},
    Words{0x89, "server busy"},
    Words{0x8a, "banned"},
    Words{0x8b, "server shutting down"},
    Words{0x8c, "bad authentication method"},
    Words{0x8d, "keep alive timeout"},
    Words{0x8e, "session taken over: another client uses the same client id"},
    Words{0x8f, "topic filter not valid"},
    Words{0x90, "topic name not valid"},
    Words{0x91, "packet identifier in use"},
    Words{0x92, "packet identifier not found"},
    Words{0x93, "receive maximum exceeded"},
    Words{0x94, "topic alias not valid"},
    Words{0x95, "packet too large"},
    Words{0x96, "message rate too high"},
    Words{0x97, "quota exceeded"},
    Words{0x98, "administrative action"},
    Words{0x99, "payload format not valid"},
    Words{0x9a, "retained messages not supported"},
    Words{0x9b, "QoS not supported"},
    Words{0x9c, "use another server"},
    Words{0x9d, "server moved"},
    Words{0x9e, "shared subscriptions not supported"},
    Words{0x9f, "connection rate exceeded"},
    Words{0xa0, "maximum connect time"},
    Words{0xa1, "subscription identifiers not supported"},
    Words{0xa2, "wildcard subscriptions not supported"},
};

}  // namespace

std::string reason_words(int code) {
    const auto found =
        std::find_if(reasons.begin(), reasons.end(), [code](const Words& one) { return one.first == code; });
    return found == reasons.end() ? "reason code " + std::to_string(code) : found->second;
}

std::string connack_words(int code) {
    switch (code) {
        case 1:
            return "unacceptable protocol version";
        case 2:
            return "client id rejected";
        case 3:
            return "server unavailable";
        case 4:
            return "bad user name or password";
        case 5:
            return "not authorized";
        default:
            return "return code " + std::to_string(code);
    }
}

}  // namespace mucbridge
