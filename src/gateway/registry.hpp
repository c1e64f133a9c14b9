#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/jid.hpp"
#include "core/route.hpp"
#include "xml/element.hpp"

namespace mucbridge {

class Hub;

/// Who is online: the sessions of the users whose bare JIDs hash to one loop.
class Registry {
public:
    Registry(Hub& hub, unsigned loop) : hub_(hub), here_(loop) {}

    /// The session takes the full JID. The one that had it is closed with <conflict/> (RFC 6120 §7.7.2.2), and only
    /// when it is gone, from its rooms too, is the new one told: two are never mixed.
    void bind(const Jid& full, const Route& route);
    void unbind(const Jid& full, const Route& route);
    void on_availability(const Jid& full, bool available);

    /// To the session of that full JID, or a message to all available ones of the user. False: nobody is there.
    bool deliver(const Jid& to, const Element& stanza);
    /// A stanza to a user of this domain, by the rules of RFC 6121 §8.5 for a server without offline storage.
    void on_stanza(const Route& from, const Element& stanza, const Jid& to);

private:
    struct Entry {
        Route route;
        bool is_available = false;
        std::optional<Route> successor;  // bound once this one is gone
    };

    void confirm(const Jid& full, const Route& route);

    Hub& hub_;
    const unsigned here_;
    std::unordered_map<std::string, std::map<std::string, Entry>> users_;  // by localpart, by resource
};

}  // namespace mucbridge
