#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mapping/pattern.hpp"

namespace mucbridge {

/// A name that both patterns match as far as a "#" that is not their end, if there is one: with "a/{x}" and "{y}/b"
/// that is {"a", "b"}.
std::optional<Levels> find_common(const Pattern& one, const Pattern& other);

/// Patterns by their levels: which of thousands have a name in common with one is found without asking each.
class PatternTree {
public:
    void add(const Pattern& pattern, std::size_t id);

    /// What is called with an id; false: enough.
    using Found = std::function<bool(std::size_t id)>;
    /// The patterns that match every name that this one does.
    void find_wider(const Pattern& pattern, const Found& found) const;
    /// The patterns that match some name that this one does.
    void find_meeting(const Pattern& pattern, const Found& found) const;

private:
    enum class Relation { wider, meeting };
    struct Query;
    struct Entry {
        std::size_t id;
        bool is_open;  // further levels may follow
    };
    struct Node {
        std::vector<Entry> entries;
        std::map<std::string, std::unique_ptr<Node>, std::less<>> texts;
        std::vector<std::pair<Pattern::Level, std::unique_ptr<Node>>> others;  // placeholders, "+"
    };
    static Node& grow(Node& node, const Pattern::Level& level);
    static bool visit(const Node& node, std::size_t depth, const Query& query);
    static bool visit_children(const Node& node, std::size_t depth, const Query& query);
    static bool visit_all(const Node& node, const Found& found);

    Node root_;
};

}  // namespace mucbridge
