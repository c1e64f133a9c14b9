#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/jid.hpp"
#include "core/receipt.hpp"
#include "muc/requests.hpp"
#include "xml/element.hpp"

namespace mucbridge {

class Hub;

/// The rooms that one session asked to enter and has not left; whichever door it came through.
class Visits {
public:
    /// Leads a stanza to its room. The answer is the refusal, where it would enter more rooms than a session may
    /// (resource-constraint).
    std::optional<Element> lead(Hub& hub, unsigned here, const Visitor& visitor, const Element& stanza, const Jid& to,
                                Receipt receipt = {});
    /// Does more of it wait at rooms of other loops than should? Then it is not read until the door hears caught_up().
    bool is_ahead() const;
    /// The room says that the session is out; but what was led there since may have brought it in again. So the room is
    /// asked once more, behind all of that: `forget` is called, here, with what forget() wants, where it is out still.
    void verify(Hub& hub, unsigned here, const Visitor& visitor, const std::string& room,
                std::function<void(std::uint64_t)> forget) const;
    /// Nothing happens if presence was led there since.
    void forget(const std::string& room, std::uint64_t led);
    struct Visit {
        std::string nick;       // that it asked for last
        std::uint64_t led = 0;  // the number of the presence that asked, among all of the session's
    };
    /// By their bare JIDs.
    const std::map<std::string, Visit>& rooms() const { return rooms_; }
    bool empty() const { return rooms_.empty(); }

    /// The session said that it is unavailable: so it leaves its rooms, with the same words. RFC 6121 §4.5.2.
    void leave_all(Hub& hub, unsigned here, const Visitor& visitor, const Element& presence);
    /// The session ended without leaving.
    void end(Hub& hub, unsigned here, const Visitor& visitor);

private:
    /// To the loop that the room lives on.
    void pass_on(Hub& hub, unsigned here, const Visitor& visitor, const Element& stanza, const Jid& to,
                 Receipt receipt = {});

    std::map<std::string, Visit> rooms_;
    std::uint64_t last_led_ = 0;
    std::shared_ptr<std::atomic<unsigned>> underway_ = std::make_shared<std::atomic<unsigned>>(0);
};

}  // namespace mucbridge
