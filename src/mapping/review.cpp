#include "mapping/review.hpp"

#include <algorithm>
#include <map>

#include "core/utf8.hpp"
#include "mapping/mapper.hpp"
#include "mapping/pattern_tree.hpp"
#include "mapping/rule.hpp"

namespace mucbridge {
namespace {

// Ten thousand rules may all meet in one address: what is found is told by its first few, in bounded time.
constexpr std::size_t most_tried = 500, most_tried_for_one = 8;

using Trees = std::map<std::string, PatternTree, std::less<>>;  // by broker

const AddressRule& address_of(const Rule& rule, std::size_t place) {
    return place == 0 ? rule.home : rule.mirrors[place - 1];
}

const Pattern* write_of(const AddressRule& address) { return address.write ? &*address.write : nullptr; }
const Pattern* pattern_of(const AddressRule& address) { return address.write ? &*address.write : &*address.read; }

bool is_same(const std::vector<JidPattern>& one, const std::vector<JidPattern>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const JidPattern& a, const JidPattern& b) { return a.text() == b.text(); });
}

/// Nobody enters its rooms, so that there are none.
bool is_closed(const Rule& rule) { return rule.who && rule.who->read().empty(); }

bool has_same_who(const Rule& one, const Rule& other) {
    if (!one.who || !other.who)
        return !one.who && !other.who;
    return is_same(one.who->read(), other.who->read()) && is_same(one.who->write(), other.who->write());
}

/// Whether both have this address; a filter has every address that it selects.
bool has_common(const AddressBinding& one, const AddressBinding& other) {
    if (one.broker != other.broker)
        return false;
    if (one.write.empty() == other.write.empty())
        return one.write.empty() ? one.read == other.read : one.write == other.write;
    return one.write.empty() ? one.does_read(other.write) : other.does_read(one.write);
}

std::vector<AddressBinding> addresses_of(const Binding& binding) {
    std::vector<AddressBinding> all{binding};
    all.insert(all.end(), binding.mirrors.begin(), binding.mirrors.end());
    return all;
}

std::string describe(const AddressBinding& address) {
    return to_log_text(address.write.empty() ? address.read.front() : address.write) + " on broker " +
           to_log_text(address.broker);
}

/// An address that both rooms publish to, in words.
std::optional<std::string> find_written(const Binding& one, const Binding& other) {
    for (const auto& here : addresses_of(one))
        for (const auto& there : addresses_of(other))
            if (!here.write.empty() && here.write == there.write && here.broker == there.broker)
                return describe(here);
    return std::nullopt;
}

/// The addresses that both rooms have, in words.
std::vector<std::string> find_shared_addresses(const Binding& one, const Binding& other) {
    std::vector<std::string> shared;
    const auto others = addresses_of(other);
    for (const auto& here : addresses_of(one))
        if (std::any_of(others.begin(), others.end(), [&here](const auto& there) { return has_common(here, there); }))
            shared.push_back(describe(here));
    return shared;
}

}  // namespace

/// One pass over the rules, each against those before it.
class Mapper::Review {
public:
    explicit Review(const Mapper& mapper) : mapper_(mapper) {}

    std::vector<Finding> run() {
        for (const auto& rule : mapper_.rules_)
            if (!find_unreached(rule)) {
                rooms_.add(rule.room, rule.index);
                if (is_closed(rule))
                    continue;
                find_forgotten(rule);
                if (!find_circle(rule))
                    find_shared(rule);
                add_addresses(rule);
            }
        return std::move(findings_);
    }

private:
    void tell(const Rule& rule, std::string key, std::string text, bool is_error = false) {
        findings_.push_back({rule.index, std::move(key), std::move(text), is_error});
    }

    static std::string name_of(const Rule& rule) {
        return "rule " + std::to_string(rule.index) + " (" + to_log_text(rule.text) + ")";
    }

    bool find_unreached(const Rule& rule) {
        if (rule.room.names().empty())
            if (const auto room = mapper_.aliases_.make_room(rule.room.fill({})); !room) {
                tell(rule, "room", "is never reached: " + room.error().text);
                return true;
            }
        auto first = rule.index;
        rooms_.find_wider(rule.room, [&first](std::size_t id) {
            first = std::min(first, id);
            return true;
        });
        if (first < rule.index)
            tell(rule, "room", "is never reached: " + name_of(mapper_.rules_[first]) + " takes all of its rooms");
        return first < rule.index;
    }

    void find_forgotten(const Rule& rule) {
        if (!rule.home.write)
            return;
        for (const auto& name : rule.room.names())
            if (!rule.home.write->has(name)) {
                tell(rule, "write",
                     "without {" + name +
                         "} every room of this rule publishes to one address: " + to_log_text(rule.home.text));
                return;
            }
    }

    /// The room that this rule gives to the address, if it is the room's rule.
    std::optional<Binding> bind_at(const Rule& rule, const Pattern& pattern, const Levels& address) {
        auto values = pattern.match(address);
        if (!values)
            return std::nullopt;
        for (const auto& name : rule.room.names())
            values->try_emplace(name, Levels{"x"});
        const auto room = mapper_.aliases_.make_room(rule.room.fill(*values));
        if (!room)
            return std::nullopt;
        auto binding = mapper_.bind(*room);
        return binding && binding->rule == rule.index ? std::optional{std::move(*binding)} : std::nullopt;
    }

    /// Asks `judge` of each address of the rule's and each of an earlier rule's that it has a name in common with,
    /// until it says yes.
    template <class Judge>
    void search(const Rule& rule, const Trees& trees, const Pattern* (*choose)(const AddressRule&), Judge judge) {
        std::size_t tried = 0;
        bool found = false;
        for (std::size_t place = 0; place <= rule.mirrors.size() && !found; ++place) {
            const auto& address = address_of(rule, place);
            const auto* pattern = choose(address);
            const auto tree = trees.find(address.broker);
            if (!pattern || tree == trees.end())
                continue;
            tree->second.find_meeting(*pattern, [&](std::size_t id) {
                if (++tried > most_tried_for_one || ++tried_ > most_tried)
                    return false;
                const auto [index, other_place] = places_[id];
                const auto& other = mapper_.rules_[index];
                const auto& other_pattern = *choose(address_of(other, other_place));
                const auto common = find_common(*pattern, other_pattern);
                const auto here = common ? bind_at(rule, *pattern, *common) : std::nullopt;
                const auto there = common ? bind_at(other, other_pattern, *common) : std::nullopt;
                found = here && there && judge(*here, *there, other);
                return !found;
            });
        }
    }

    /// Another rule's room that publishes to an address of this rule's.
    void find_shared(const Rule& rule) {
        search(rule, written_, write_of, [&](const Binding& here, const Binding& there, const Rule& other) {
            const auto address = find_written(here, there);
            if (address)
                tell(rule, "write",
                     "room " + to_log_text(here.room) + " publishes to " + *address + ", as room " +
                         to_log_text(there.room) + " of " + name_of(other) + " does" +
                         (has_same_who(rule, other) ? "" : "; whom one rule's who leaves out, the other's may let in"));
            return address.has_value();
        });
    }

    /// Two rooms that have two addresses in common carry each line from the one to the other twice, or for ever.
    bool find_circle(const Rule& rule) {
        if (rule.mirrors.empty())
            return false;
        const auto before = findings_.size();
        search(rule, bridged_, pattern_of, [&](const Binding& here, const Binding& there, const Rule& other) {
            const auto shared = find_shared_addresses(here, there);
            if (shared.size() >= 2)
                tell(rule, "mirrors",
                     "lines would go round: room " + to_log_text(here.room) + " and room " + to_log_text(there.room) +
                         " of " + name_of(other) + " both join " + shared[0] + " and " + shared[1],
                     true);
            return shared.size() >= 2;
        });
        return findings_.size() > before;
    }

    void add_addresses(const Rule& rule) {
        for (std::size_t place = 0; place <= rule.mirrors.size(); ++place) {
            const auto& address = address_of(rule, place);
            if (address.write)
                written_[address.broker].add(*address.write, places_.size());
            if (!rule.mirrors.empty())
                bridged_[address.broker].add(*pattern_of(address), places_.size());
            places_.emplace_back(rule.index, place);
        }
    }

    const Mapper& mapper_;
    std::vector<Finding> findings_;
    PatternTree rooms_;
    Trees written_, bridged_;
    std::vector<std::pair<std::size_t, std::size_t>> places_;  // rule and address of what the trees know by number
    std::size_t tried_ = 0;
};

std::vector<Finding> Mapper::review() const { return Review(*this).run(); }

}  // namespace mucbridge
