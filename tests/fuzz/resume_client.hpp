#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/hub.hpp"
#include "stream_xml.hpp"

namespace mucbridge::resume_fuzz {

using stream_fuzz::Xml;
using stream_fuzz::XmlStream;

/// A promise that was not kept.
struct Broken {
    std::string text;
};

inline const std::vector<std::string>& rooms() {
    static const std::vector<std::string> names{"garden", "cellar"};
    return names;
}

/// What happened in a room, in a word: "line L3", "in n1", "out n1".
struct Event {
    std::string word;
    bool is_line() const { return word.starts_with("line "); }
};

/// Where a client is in a room's events.
struct Membership {
    bool is_inside = false;
    std::size_t next = 0;  // of the witness's events
    std::vector<std::string> heard;
};

/// A stanza, as the client's own books have it.
struct Sent {
    std::string stanza, line;  // the line's token, if it is one
};

/// An honest client: what it sent and got, by XEP-0198's rules and without a line of the gateway's.
struct Person {
    std::string user, nick, id;
    unsigned lives = 0;
    bool has_management = true;

    Session* session = nullptr;  // with a connection
    Session* kept = nullptr;     // what it could be resumed as; the same while it is connected
    std::optional<Tick> expires;
    XmlStream gets;
    bool is_managed = false, is_inactive = false, is_lazy = false;
    bool is_bound = false, was_refused_resumption = false, was_resumed = false;
    bool is_asked = false;

    std::uint32_t sent = 0, acknowledged = 0, received = 0;
    std::deque<Sent> unacknowledged;
    std::vector<std::string> used_ids;
    std::map<std::string, Membership> rooms;
};

/// A line that somebody said.
struct Said {
    std::string room, user;
    std::size_t published = 0;
    Tick at{};
    bool is_refused = false, is_acknowledged = false;
    bool is_early = false;    // acknowledged when it was neither published nor on disk nor refused
    bool is_managed = false;  // else it may be lost with its connection
    bool is_given_up = false;
};

}  // namespace mucbridge::resume_fuzz
