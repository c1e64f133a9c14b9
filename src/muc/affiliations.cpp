#include "muc/affiliations.hpp"

#include <algorithm>

#include "muc/nick.hpp"

namespace mucbridge {

Affiliation Affiliations::of(const Jid& jid) const {
    if (const Standing* own = find(jid.bare()))
        return own->affiliation;
    const Standing* domain = find(Jid{{}, jid.domain, {}});
    return domain && domain->affiliation == Affiliation::outcast ? Affiliation::outcast : Affiliation::none;
}

const Affiliations::Standing* Affiliations::find(const Jid& bare) const {
    const auto found = standings_.find(bare);
    return found == standings_.end() ? nullptr : &found->second;
}

const Jid* Affiliations::holder_of(const std::string& folded_nick) const {
    const auto found = holders_.find(folded_nick);
    return found == holders_.end() ? nullptr : &found->second;
}

void Affiliations::set(const Jid& bare, Standing standing) {
    if (const Standing* before = find(bare); before && !before->nick.empty())
        holders_.erase(fold_nick(before->nick));
    if (standing.affiliation == Affiliation::none && standing.nick.empty()) {
        standings_.erase(bare);
        return;
    }
    if (!standing.nick.empty())
        holders_.insert_or_assign(fold_nick(standing.nick), bare);
    standings_.insert_or_assign(bare, std::move(standing));
}

void Affiliations::clear() { *this = Affiliations{}; }

std::size_t Affiliations::count(Affiliation affiliation) const {
    return static_cast<std::size_t>(std::count_if(standings_.begin(), standings_.end(), [&](const auto& each) {
        return each.second.affiliation == affiliation;
    }));
}

}  // namespace mucbridge
