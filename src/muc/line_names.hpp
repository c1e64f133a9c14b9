#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace mucbridge {

/// What publishers' lines are called where they were published, so that who answers one there, or here, names it as its
/// readers know it. Everywhere else a line is known by its stanza-id. Bounded: the oldest is forgotten for a new one.
class LineNames {
public:
    /// Of a room's mirrors; none: its home.
    using Place = std::optional<std::size_t>;

    explicit LineNames(std::size_t limit = 256) : limit_(limit) {}

    /// Of two lines with one name the latter is meant.
    void add(const std::string& stanza_id, Place place, const std::string& name);
    /// Its name there, which may be its stanza-id.
    std::string name_at(Place place, const std::string& stanza_id) const;
    /// "" where no line has that name there.
    std::string stanza_id_of(Place place, const std::string& name) const;
    std::size_t size() const { return lines_.size(); }

private:
    struct Entry {
        std::string stanza_id, name;
        Place place;
    };
    std::size_t limit_;
    std::list<Entry> lines_;  // the oldest first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_id_;
    std::map<std::pair<Place, std::string>, std::list<Entry>::iterator> by_name_;
};

}  // namespace mucbridge
