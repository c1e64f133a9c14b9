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

const Pattern& pattern_of(const AddressRule& address) { return address.write ? *address.write : *address.read; }

bool is_same(const std::vector<JidPattern>& one, const std::vector<JidPattern>& other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](const JidPattern& a, const JidPattern& b) { return a.text() == b.text(); });
}

bool has_same_who(const Rule& one, const Rule& other) {
    if (!one.who || !other.who)
        return !one.who && !other.who;
    return is_same(one.who->read(), other.who->read()) && is_same(one.who->write(), other.who->write());
}

/// Whether both have this address; a filter has every address that it selects.
bool has_common(const AddressBinding& one, const AddressBinding& other) {
    if (one.broker != other.broker)
        return false;
    if (!one.write.empty() && !other.write.empty())
        return one.write == other.write;
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

}  // namespace

/// One pass over the rules, each against those before it.
class Mapper::Review {
public:
    explicit Review(const Mapper& mapper) : mapper_(mapper) {}

    std::vector<Finding> run() {
        for (const auto& rule : mapper_.rules_)
            if (!find_unreached(rule)) {
                find_forgotten(rule);
                find_shared(rule);
                find_circle(rule);
                add(rule);
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

    bool may_try(std::size_t& tried_for_this) {
        return ++tried_for_this <= most_tried_for_one && ++tried_ <= most_tried;
    }

    void find_shared(const Rule& rule) {
        const auto homes = homes_.find(rule.home.broker);
        if (!rule.home.write || homes == homes_.end())
            return;
        std::size_t tried = 0;
        homes->second.find_meeting(*rule.home.write, [&](std::size_t id) {
            const auto& other = mapper_.rules_[id];
            const auto address = may_try(tried) ? find_common(*rule.home.write, *other.home.write) : std::nullopt;
            if (!address)
                return tried < most_tried_for_one && tried_ < most_tried;
            const auto here = bind_at(rule, *rule.home.write, *address);
            const auto there = bind_at(other, *other.home.write, *address);
            if (!here || !there || here->write != there->write)
                return true;
            tell(rule, "write",
                 "room " + to_log_text(here->room) + " publishes to " + describe(*here) + ", as room " +
                     to_log_text(there->room) + " of " + name_of(other) + " does" +
                     (has_same_who(rule, other) ? "" : "; whom one rule's who leaves out, the other's may let in"));
            return false;
        });
    }

    void add(const Rule& rule) {
        rooms_.add(rule.room, rule.index);
        if (rule.home.write)
            homes_[rule.home.broker].add(*rule.home.write, rule.index);
        for (std::size_t place = 0; !rule.mirrors.empty() && place <= rule.mirrors.size(); ++place) {
            const auto& address = address_of(rule, place);
            bridged_[address.broker].add(pattern_of(address), places_.size());
            places_.emplace_back(rule.index, place);
        }
    }

    /// Two rooms that have two addresses in common carry each line from the one to the other twice, or for ever.
    void find_circle(const Rule& rule) {
        std::size_t tried = 0;
        bool found = false;
        for (std::size_t place = 0; !rule.mirrors.empty() && place <= rule.mirrors.size() && !found; ++place) {
            const auto& pattern = pattern_of(address_of(rule, place));
            const auto bridged = bridged_.find(address_of(rule, place).broker);
            if (bridged == bridged_.end())
                continue;
            bridged->second.find_meeting(pattern, [&](std::size_t id) {
                const auto [index, other_place] = places_[id];
                const auto& other = mapper_.rules_[index];
                found = may_try(tried) && is_circle(rule, pattern, other, pattern_of(address_of(other, other_place)));
                return !found && tried < most_tried_for_one && tried_ < most_tried;
            });
        }
    }

    bool is_circle(const Rule& rule, const Pattern& pattern, const Rule& other, const Pattern& other_pattern) {
        const auto address = find_common(pattern, other_pattern);
        const auto here = address ? bind_at(rule, pattern, *address) : std::nullopt;
        const auto there = address ? bind_at(other, other_pattern, *address) : std::nullopt;
        if (!here || !there)
            return false;
        std::vector<std::string> shared;
        const auto others = addresses_of(*there);
        for (const auto& one : addresses_of(*here))
            if (std::any_of(others.begin(), others.end(), [&one](const auto& two) { return has_common(one, two); }))
                shared.push_back(describe(one));
        if (shared.size() < 2)
            return false;
        tell(rule, "mirrors",
             "lines would go round: room " + to_log_text(here->room) + " and room " + to_log_text(there->room) +
                 " of " + name_of(other) + " both join " + shared[0] + " and " + shared[1],
             true);
        return true;
    }

    const Mapper& mapper_;
    std::vector<Finding> findings_;
    PatternTree rooms_;
    Trees homes_, bridged_;
    std::vector<std::pair<std::size_t, std::size_t>> places_;  // rule and address of what bridged_ knows by number
    std::size_t tried_ = 0;
};

std::vector<Finding> Mapper::review() const { return Review(*this).run(); }

}  // namespace mucbridge
