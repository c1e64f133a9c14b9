#include "muc/affiliations.hpp"

#include "muc/nick.hpp"

namespace mucbridge {

Affiliation Affiliations::of(const Jid& jid) const {
    if (const Standing* own = find(jid.bare()); own && own->affiliation != Affiliation::none)
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

void Affiliations::set(Jid bare, Standing standing) {
    forget(bare);
    if (standing.affiliation == Affiliation::none && standing.nick.empty())
        return;
    if (!standing.nick.empty())
        holders_.insert_or_assign(fold_nick(standing.nick), bare);
    ++counts_.at(static_cast<std::size_t>(standing.affiliation));
    standings_.emplace(std::move(bare), std::move(standing));
}

void Affiliations::forget(const Jid& bare) {
    const auto found = standings_.find(bare);
    if (found == standings_.end())
        return;
    const auto holder = holders_.find(fold_nick(found->second.nick));
    if (holder != holders_.end() && holder->second == bare)
        holders_.erase(holder);
    --counts_.at(static_cast<std::size_t>(found->second.affiliation));
    standings_.erase(found);
}

void Affiliations::clear() { *this = Affiliations{}; }

std::size_t Affiliations::count(Affiliation affiliation) const {
    return counts_.at(static_cast<std::size_t>(affiliation));
}

}  // namespace mucbridge
