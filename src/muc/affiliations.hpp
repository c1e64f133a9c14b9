#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>

#include "core/jid.hpp"
#include "muc/affiliation.hpp"

namespace mucbridge {

/// What users are to a room, lasting, and the nicks that are reserved for them. XEP-0045 §5.2, §7.10. Who is not in it
/// has the affiliation none and no nick.
class Affiliations {
public:
    struct Standing {
        Affiliation affiliation = Affiliation::none;
        std::string nick = {};    // reserved; empty: none
        std::string reason = {};  // why, as it was given
    };

    /// By the bare JID; else by its domain, for a whole domain may be banned (XEP-0045 §9.1).
    Affiliation of(const Jid& jid) const;
    /// Of exactly this bare JID or domain; null where nothing is kept.
    const Standing* find(const Jid& bare) const;
    /// For whom the nick is reserved, compared as fold_nick() has it; null: for nobody.
    const Jid* holder_of(const std::string& folded_nick) const;
    /// Neither affiliation nor nick: forgotten.
    void set(Jid bare, Standing standing);
    void clear();

    const std::map<Jid, Standing>& all() const { return standings_; }
    std::size_t size() const { return standings_.size(); }
    std::size_t count(Affiliation affiliation) const;

private:
    void forget(const Jid& bare);

    std::map<Jid, Standing> standings_;             // by bare JID
    std::unordered_map<std::string, Jid> holders_;  // by folded nick
    std::array<std::size_t, 5> counts_{};           // by affiliation
};

}  // namespace mucbridge
