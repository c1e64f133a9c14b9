#include "muc/occupants.hpp"

#include <algorithm>

namespace mucbridge {

Attendance* Occupant::session(const Jid& full) {
    const auto place =
        std::find_if(sessions.begin(), sessions.end(), [&](const auto& each) { return each.jid == full; });
    return place == sessions.end() ? nullptr : &*place;
}

Occupant& Occupants::add(Occupant occupant) {
    everyone_.reset();
    occupants_.push_back(std::move(occupant));
    const auto place = std::prev(occupants_.end());
    by_nick_[place->speaker->folded_nick] = &*place;
    by_user_[place->speaker->real].push_back(&*place);
    for (const Attendance& session : place->sessions)
        by_jid_[session.jid] = place;
    return *place;
}

void Occupants::attend(Occupant& occupant, Attendance session) {
    everyone_.reset();
    const auto place = by_jid_.at(occupant.shown().jid);
    by_jid_[session.jid] = place;
    std::erase_if(occupant.sessions, [&](const auto& each) { return each.jid == session.jid; });
    occupant.sessions.push_back(std::move(session));
}

void Occupants::remove(Occupant& occupant, const Jid& full) {
    everyone_.reset();
    const auto place = by_jid_.find(full);
    const auto occupied = place->second;
    by_jid_.erase(place);
    std::erase_if(occupant.sessions, [&](const auto& each) { return each.jid == full; });
    if (!occupant.sessions.empty())
        return;
    by_nick_.erase(occupant.speaker->folded_nick);
    const auto user = by_user_.find(occupant.speaker->real);
    std::erase(user->second, &occupant);
    if (user->second.empty())
        by_user_.erase(user);
    occupants_.erase(occupied);
}

void Occupants::rename(Occupant& occupant, std::shared_ptr<const Speaker> speaker) {
    by_nick_.erase(occupant.speaker->folded_nick);
    occupant.speaker = std::move(speaker);
    by_nick_[occupant.speaker->folded_nick] = &occupant;
}

void Occupants::clear() { *this = Occupants{}; }

Occupant* Occupants::find(const Jid& full) {
    const auto place = by_jid_.find(full);
    return place == by_jid_.end() ? nullptr : &*place->second;
}

const Occupant* Occupants::find(const Jid& full) const {
    const auto place = by_jid_.find(full);
    return place == by_jid_.end() ? nullptr : &*place->second;
}

Occupant* Occupants::find_nick(const std::string& folded) {
    const auto place = by_nick_.find(folded);
    return place == by_nick_.end() ? nullptr : place->second;
}

const Occupant* Occupants::find_nick(const std::string& folded) const {
    const auto place = by_nick_.find(folded);
    return place == by_nick_.end() ? nullptr : place->second;
}

const std::vector<Occupant*>& Occupants::of_user(const Jid& bare) const {
    static const std::vector<Occupant*> nobody;
    const auto user = by_user_.find(bare);
    return user == by_user_.end() ? nobody : user->second;
}

const Audience& Occupants::everyone() const {
    if (!everyone_) {
        auto routes = std::make_shared<std::vector<Route>>();
        routes->reserve(session_count());
        for (const Occupant& occupant : occupants_)
            for (const Attendance& session : occupant.sessions)
                routes->push_back(session.route);
        everyone_ = std::move(routes);
    }
    return everyone_;
}

Occupants::Others Occupants::others(const Occupant* than) const {
    auto moderators = std::make_shared<std::vector<Route>>();
    auto rest = std::make_shared<std::vector<Route>>();
    for (const Occupant& occupant : occupants_)
        if (&occupant != than)
            for (const Attendance& session : occupant.sessions)
                (occupant.role == Role::moderator ? moderators : rest)->push_back(session.route);
    return {std::move(moderators), std::move(rest)};
}

bool is_equal(const Bytes& one, const Bytes& other) {
    const std::string_view nothing;
    return (one ? std::string_view{*one} : nothing) == (other ? std::string_view{*other} : nothing);
}

Audience make_audience(const Occupant& occupant) {
    auto routes = std::make_shared<std::vector<Route>>();
    for (const Attendance& session : occupant.sessions)
        routes->push_back(session.route);
    return routes;
}

Audience make_audience(Route route) { return std::make_shared<const std::vector<Route>>(1, route); }

}  // namespace mucbridge
