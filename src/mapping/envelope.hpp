#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/heard.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// What a delivery says of itself, by properties or by JSON: each a stranger's word. "" where it says nothing.
struct Claims {
    std::string id, origin, seal;
    std::string from;             // an occupant JID
    std::string nick;             // in so many words
    std::string lang, sender_id;  // XMPPLang, XMPPID
    std::string said, published;  // RFC 3339
    std::optional<std::string> body;
};

/// The line's clothes as user properties (MQTT 5) or headers. The names are ActiveMQ's where it had one.
void put_properties(Publication& publication, const Said& said, const std::string& origin, const std::string& seal);
Claims read_properties(const Delivery& delivery);

/// {"id":...,"nick":...,"body":...,"from":...,"time":...,"published":...,"lang":...,"origin":...,"seal":...}, in this
/// order; "sender_id" and "lang" only where there is one.
std::string write_json(const Said& said, const std::string& origin, const std::string& seal);
/// None: not a JSON object, or nested beyond reason. Fields of another type than string count as absent; of a field
/// that comes twice the first is taken.
std::optional<Claims> read_json(const std::string& payload);

/// The nick that claims are sealed under: the resource of the occupant JID.
std::string resource_of(const std::string& jid);

}  // namespace mucbridge
