#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/jid.hpp"
#include "core/message.hpp"
#include "muc/effects.hpp"

namespace mucbridge {

/// Who says something, as it is when it is said: lines keep it whatever becomes of the occupant.
struct Speaker {
    std::string nick, folded_nick;
    std::string occupant_id;
    Jid real;      // bare: what makes two sessions one user
    Jid occupant;  // room@rooms/nick
};

/// One full JID inside. A user may have several under one nick. XEP-0045 §7.2.8.
struct Attendance {
    Route route;
    Jid jid;
    Bytes extra;  // children of its presence
};

struct Occupant {
    std::shared_ptr<const Speaker> speaker;
    Affiliation affiliation = Affiliation::none;
    Role role = Role::participant;
    std::vector<Attendance> sessions;  // never empty; the last one's presence is the one that others are shown

    const Attendance& shown() const { return sessions.back(); }
    Attendance* session(const Jid& full);
};

/// Who is inside, in the order in which they came.
class Occupants {
public:
    Occupant& add(Occupant occupant);
    /// One more session of the same user, or (same full JID) the session's new route and presence; from now on it is
    /// the one that is shown.
    void attend(Occupant& occupant, Attendance session);
    /// Takes the session out, and the occupant with its last session.
    void remove(Occupant& occupant, const Jid& full);
    void rename(Occupant& occupant, std::shared_ptr<const Speaker> speaker);
    void clear();

    Occupant* find(const Jid& full);
    const Occupant* find(const Jid& full) const;
    Occupant* find_nick(const std::string& folded);
    const Occupant* find_nick(const std::string& folded) const;
    /// Of this bare JID; a user may be inside under several nicks.
    const std::vector<Occupant*>& of_user(const Jid& bare) const;
    /// Those for whom the question is answered with yes.
    template <class Question>
    std::vector<Occupant*> which(const Question& is_one) {
        std::vector<Occupant*> found;
        for (Occupant& occupant : occupants_)
            if (is_one(std::as_const(occupant)))
                found.push_back(&occupant);
        return found;
    }

    const std::list<Occupant>& all() const { return occupants_; }
    bool empty() const { return occupants_.empty(); }
    std::size_t size() const { return occupants_.size(); }
    std::size_t session_count() const { return by_jid_.size(); }

    /// Every session inside. Kept until somebody comes or goes, so that saying a line costs no copy.
    const Audience& everyone() const;
    /// Every session but those of one occupant (null: of nobody): of moderators, and of all others.
    struct Others {
        Audience moderators, rest;
    };
    Others others(const Occupant* than) const;

private:
    std::list<Occupant> occupants_;
    std::unordered_map<Jid, std::list<Occupant>::iterator> by_jid_;
    std::unordered_map<std::string, Occupant*> by_nick_;  // folded
    std::unordered_map<Jid, std::vector<Occupant*>> by_user_;
    mutable Audience everyone_;  // null: to be made anew
};

/// Whether both say the same; null says nothing.
bool is_equal(const Bytes& one, const Bytes& other);

Audience make_audience(const Occupant& occupant);
Audience make_audience(Route route);

}  // namespace mucbridge
