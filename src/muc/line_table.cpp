#include "muc/line_table.hpp"

#include <functional>

namespace mucbridge {
namespace {

std::size_t hash_line(std::string_view address, std::string_view text) {
    const std::hash<std::string_view> hash;
    return hash(text) ^ (hash(address) * 31);
}

}  // namespace

OwnLine& LineTable::add(OwnLine line) {
    lines_.push_back(std::move(line));
    const auto place = std::prev(lines_.end());
    by_id_.emplace(place->line.stanza_id, place);
    return *place;
}

void LineTable::index_text(OwnLine& line) {
    by_text_.emplace(std::pair{hash_line(*line.address, line.line.body.value_or("")), line.number}, &line);
}

OwnLine LineTable::take(OwnLine& line) {
    if (!by_text_.empty())
        by_text_.erase({hash_line(*line.address, line.line.body.value_or("")), line.number});
    const auto place = by_id_.find(line.line.stanza_id);
    const auto listed = place->second;
    by_id_.erase(place);
    OwnLine taken = std::move(*listed);
    lines_.erase(listed);
    return taken;
}

OwnLine* LineTable::find(const std::string& stanza_id) {
    const auto place = by_id_.find(stanza_id);
    return place == by_id_.end() ? nullptr : &*place->second;
}

OwnLine* LineTable::oldest_with(const std::string& address, std::string_view text) {
    const std::size_t hash = hash_line(address, text);
    for (auto place = by_text_.lower_bound({hash, 0}); place != by_text_.end() && place->first.first == hash; ++place)
        if (place->second->line.body == text && *place->second->address == address)
            return place->second;
    return nullptr;
}

}  // namespace mucbridge
