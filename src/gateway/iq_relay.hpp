#pragma once

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "muc/requests.hpp"

namespace mucbridge {

/// What occupants of a room ask each other through it, until it is answered. XEP-0045 §17.4. Bounded in number and
/// time: a client that never answers costs nothing for long.
class IqRelay {
public:
    struct Request {
        Visitor asker;
        std::string id;  // the asker's
        Jid occupant;    // who was asked, as the asker knows it
        Jid real;        // bare: who may answer
    };

    /// The id that the request is passed on under; none: too many wait for an answer.
    std::optional<std::string> add(Request request, Tick now);
    /// What is answered by this id, once; none where nobody was asked so, or somebody else was.
    std::optional<Request> take(const std::string& id, const Jid& from);

private:
    struct Waiting {
        std::string id;
        Request request;
        Tick until;
    };
    std::list<Waiting> waiting_;  // the oldest first
    std::unordered_map<std::string, std::list<Waiting>::iterator> by_id_;
};

}  // namespace mucbridge
