// Topic filters against a second reading of MQTT 5 §4.7, the table of subscriptions, and patterns of JIDs.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/address.hpp"
#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "gateway/subscriptions.hpp"
#include "mapping/pattern.hpp"
#include "mapping/who.hpp"

namespace mucbridge::fuzz {
namespace {

/// MQTT 5 §4.7 level by level, as its sentences stand.
bool selects(const Levels& filter, const Levels& topic) {
    if (topic.front().starts_with('$') && (filter.front() == "+" || filter.front() == "#"))
        return false;
    for (std::size_t i = 0; i < filter.size(); ++i) {
        if (filter[i] == "#")
            return true;
        if (i >= topic.size() || (filter[i] != "+" && filter[i] != topic[i]))
            return false;
    }
    return filter.size() == topic.size();
}

/// [MQTT-4.7.1-1] and [MQTT-4.7.1-2]: wildcards are whole levels, and "#" is the last.
bool is_filter(const Levels& levels) {
    for (std::size_t i = 0; i < levels.size(); ++i)
        if (levels[i].size() > 1 && levels[i].find_first_of("+#") != std::string::npos)
            return false;
    return std::count(levels.begin(), levels.end(), "#") == (levels.back() == "#" ? 1 : 0);
}

void check_subscriptions(const std::vector<std::string>& filters, const std::string& topic) {
    Subscriptions subscriptions;
    const auto check_rooms = [&](std::size_t from) {
        std::set<std::string> wanted;
        for (std::size_t i = from; i < filters.size(); ++i)
            if (matches_topic(filters[i], topic))
                wanted.insert("room" + std::to_string(i));
        const auto& found = subscriptions.rooms_for(topic);
        check(std::set<std::string>(found.begin(), found.end()) == wanted && found.size() == wanted.size(),
              "a room hears what its filter selects, once", topic);
    };
    for (std::size_t i = 0; i < filters.size(); ++i)
        subscriptions.add(filters[i], 1, "room" + std::to_string(i));
    check_rooms(0);
    check_rooms(0);
    for (std::size_t i = 0; i < filters.size(); ++i) {
        subscriptions.remove(filters[i], "room" + std::to_string(i));
        check_rooms(i + 1);
    }
    check(subscriptions.filters().empty(), "nothing stays of what is removed");
}

bool matches_part(std::string_view pattern, std::string_view text) {
    if (pattern.empty())
        return text.empty();
    if (pattern.front() != '*')
        return !text.empty() && pattern.front() == text.front() && matches_part(pattern.substr(1), text.substr(1));
    for (std::size_t skipped = 0; skipped <= text.size(); ++skipped)
        if (matches_part(pattern.substr(1), text.substr(skipped)))
            return true;
    return false;
}

/// Small ones against a reading that tries everything; ASCII, where preparing is lower case.
void check_jid_pattern(std::string_view text, std::string_view address) {
    const auto pattern = JidPattern::parse(text);
    const auto jid = Jid::parse(address);
    if (!pattern || !jid)
        return;
    const bool found = pattern->matches(jid->bare());
    const auto is_plain = [](char c) { return c >= 0 && (c < 'A' || c > 'Z'); };
    if (text.size() > 24 || address.size() > 24 || !std::all_of(text.begin(), text.end(), is_plain) ||
        text.find('@') == std::string_view::npos || jid->local.empty() || text.ends_with('.'))
        return;
    const auto at = text.find('@');
    check(found == (matches_part(text.substr(0, at), jid->local) && matches_part(text.substr(at + 1), jid->domain)),
          "a JID matches where both of its parts do", to_string(*jid));
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    fuzz::Input input(data, size);
    const std::string topic(input.take_line());
    fuzz::check_jid_pattern(input.rest().substr(0, input.rest().find('\n')), topic);
    std::vector<std::string> filters;
    while (!input.rest().empty() && filters.size() < 16) {
        std::string filter(input.take_line());
        const Levels levels = split_address(filter, AddressKind::topic);
        if (!fuzz::is_filter(levels))
            continue;
        fuzz::check(matches_topic(filter, topic) == fuzz::selects(levels, split_address(topic, AddressKind::topic)),
                    "a filter selects by levels", filter);
        filters.push_back(std::move(filter));
    }
    fuzz::check_subscriptions(filters, topic);
    return 0;
}
