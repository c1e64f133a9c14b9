#include "muc/line_names.hpp"

namespace mucbridge {

void LineNames::add(const std::string& stanza_id, Place place, const std::string& name) {
    if (name.empty() || name == stanza_id || by_id_.contains(stanza_id))
        return;
    if (lines_.size() >= limit_) {
        const auto oldest = lines_.begin();
        by_id_.erase(oldest->stanza_id);
        const auto named = by_name_.find({oldest->place, oldest->name});
        if (named != by_name_.end() && named->second == oldest)
            by_name_.erase(named);
        lines_.erase(oldest);
    }
    const auto added = lines_.insert(lines_.end(), {stanza_id, name, place});
    by_id_.emplace(stanza_id, added);
    by_name_.insert_or_assign({place, name}, added);
}

std::string LineNames::name_at(Place place, const std::string& stanza_id) const {
    const auto found = by_id_.find(stanza_id);
    return found != by_id_.end() && found->second->place == place ? found->second->name : stanza_id;
}

std::string LineNames::stanza_id_of(Place place, const std::string& name) const {
    const auto found = by_name_.find({place, name});
    return found != by_name_.end() ? found->second->stanza_id : std::string{};
}

}  // namespace mucbridge
