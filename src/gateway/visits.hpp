#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/jid.hpp"
#include "muc/requests.hpp"
#include "xml/element.hpp"

namespace mucbridge {

class Hub;

/// The rooms that one session asked to enter and has not left; whichever door it came through.
class Visits {
public:
    /// Leads a stanza to its room. The answer is the refusal, where it would enter more rooms than a session may
    /// (resource-constraint).
    std::optional<Element> lead(Hub& hub, unsigned here, const Visitor& visitor, const Element& stanza, const Jid& to);
    void forget(const std::string& room) { rooms_.erase(room); }
    /// By their bare JIDs, with the nick that it asked for last.
    const std::map<std::string, std::string>& rooms() const { return rooms_; }
    bool empty() const { return rooms_.empty(); }

    /// The session said that it is unavailable: so it leaves its rooms, with the same words. RFC 6121 §4.5.2.
    void leave_all(Hub& hub, unsigned here, const Visitor& visitor, const Element& presence);
    /// The session ended without leaving.
    void end(Hub& hub, unsigned here, const Visitor& visitor);

private:
    std::map<std::string, std::string> rooms_;
};

}  // namespace mucbridge
