#include "mapping/pattern_tree.hpp"

#include <algorithm>

namespace mucbridge {
namespace {

using Level = Pattern::Level;
using Kind = Level::Kind;

/// How many levels a pattern begins with, and whether others may follow them.
struct Extent {
    std::size_t count;
    bool is_open;
};

Extent extent_of(const Pattern& pattern) {
    return {pattern.rest_at(), pattern.rest_at() < pattern.levels().size() || pattern.spans()};
}

bool fits(const std::string& text, const Level& placeholder) {
    return text.size() > placeholder.before.size() + placeholder.after.size() && text.starts_with(placeholder.before) &&
           text.ends_with(placeholder.after);
}

/// A level of which both are true, if there is one.
std::optional<std::string> find_common(const Level& one, const Level& other) {
    if (one.kind == Kind::one)
        return other.kind == Kind::one ? "x" : find_common(other, other);
    if (other.kind == Kind::one)
        return find_common(one, one);
    if (one.kind == Kind::text && other.kind == Kind::text)
        return one.before == other.before ? std::optional{one.before} : std::nullopt;
    if (one.kind == Kind::text)
        return fits(one.before, other) ? std::optional{one.before} : std::nullopt;
    if (other.kind == Kind::text)
        return find_common(other, one);
    const auto& before = one.before.size() > other.before.size() ? one.before : other.before;
    const auto& after = one.after.size() > other.after.size() ? one.after : other.after;
    if (!before.starts_with(one.before) || !before.starts_with(other.before) || !after.ends_with(one.after) ||
        !after.ends_with(other.after))
        return std::nullopt;
    return before + "x" + after;
}

/// Whether whatever `narrow` is, `wide` is too.
bool is_wider(const Level& wide, const Level& narrow) {
    if (wide.kind == Kind::one)
        return true;
    if (wide.kind == Kind::text || narrow.kind == Kind::one)
        return wide.kind == narrow.kind && wide.before == narrow.before;
    if (narrow.kind == Kind::text)
        return fits(narrow.before, wide);
    return narrow.before.starts_with(wide.before) && narrow.after.ends_with(wide.after);
}

bool is_same(const Level& one, const Level& other) {
    return one.kind == other.kind && one.before == other.before && one.after == other.after;
}

}  // namespace

std::optional<Levels> find_common(const Pattern& one, const Pattern& other) {
    const auto [count, is_open] = extent_of(one);
    const auto [other_count, other_is_open] = extent_of(other);
    if ((count < other_count && !is_open) || (other_count < count && !other_is_open))
        return std::nullopt;
    Levels levels;
    for (std::size_t i = 0; i < std::max(count, other_count); ++i) {
        const auto& level = i < count ? one.levels()[i] : other.levels()[i];
        const auto common = find_common(level, i < other_count ? other.levels()[i] : level);
        if (!common)
            return std::nullopt;
        levels.push_back(*common);
    }
    return levels;
}

struct PatternTree::Query {
    const std::vector<Level>& levels;
    Extent extent;
    Relation relation;
    const Found& found;
};

void PatternTree::add(const Pattern& pattern, std::size_t id) {
    const auto [count, is_open] = extent_of(pattern);
    auto* node = &root_;
    for (std::size_t i = 0; i < count; ++i)
        node = &grow(*node, pattern.levels()[i]);
    node->entries.push_back({id, is_open});
}

PatternTree::Node& PatternTree::grow(Node& node, const Level& level) {
    if (level.kind == Kind::text) {
        auto& child = node.texts[level.before];
        if (!child)
            child = std::make_unique<Node>();
        return *child;
    }
    for (auto& [known, child] : node.others)
        if (is_same(known, level))
            return *child;
    node.others.emplace_back(level, std::make_unique<Node>());
    return *node.others.back().second;
}

void PatternTree::find_wider(const Pattern& pattern, const Found& found) const {
    visit(root_, 0, {pattern.levels(), extent_of(pattern), Relation::wider, found});
}

void PatternTree::find_meeting(const Pattern& pattern, const Found& found) const {
    visit(root_, 0, {pattern.levels(), extent_of(pattern), Relation::meeting, found});
}

bool PatternTree::visit(const Node& node, std::size_t depth, const Query& query) {
    const bool is_end = depth == query.extent.count;
    if (is_end && query.extent.is_open && query.relation == Relation::meeting)
        return visit_all(node, query.found);
    for (const auto& [id, is_open] : node.entries) {
        const bool has_room = is_open || (is_end && (!query.extent.is_open || query.relation == Relation::meeting));
        if (has_room && !query.found(id))
            return false;
    }
    return is_end || visit_children(node, depth, query);
}

bool PatternTree::visit_children(const Node& node, std::size_t depth, const Query& query) {
    const auto& level = query.levels[depth];
    if (level.kind == Kind::text) {
        if (const auto child = node.texts.find(level.before); child != node.texts.end())
            if (!visit(*child->second, depth + 1, query))
                return false;
    } else if (query.relation == Relation::meeting) {
        for (const auto& [text, child] : node.texts)
            if (find_common({Kind::text, text, {}, {}}, level) && !visit(*child, depth + 1, query))
                return false;
    }
    for (const auto& [other, child] : node.others) {
        const bool fits_here =
            query.relation == Relation::wider ? is_wider(other, level) : find_common(other, level).has_value();
        if (fits_here && !visit(*child, depth + 1, query))
            return false;
    }
    return true;
}

bool PatternTree::visit_all(const Node& node, const Found& found) {
    const auto visit_child = [&found](const auto& child) { return visit_all(*child.second, found); };
    return std::all_of(node.entries.begin(), node.entries.end(), [&](const Entry& entry) { return found(entry.id); }) &&
           std::all_of(node.texts.begin(), node.texts.end(), visit_child) &&
           std::all_of(node.others.begin(), node.others.end(), visit_child);
}

}  // namespace mucbridge
