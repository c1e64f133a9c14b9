#include "mapping/binding.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

/// What `mirror` does to `other`, one of the room's addresses before it; "" where they keep apart.
std::string clash_of(const AddressBinding& mirror, const AddressBinding& other, const std::string& name) {
    if (mirror.broker != other.broker)
        return {};
    const auto on_broker = " on broker " + to_log_text(mirror.broker);
    if (!mirror.write.empty() && mirror.write == other.write)
        return "publishes to " + to_log_text(mirror.write) + on_broker + ", as " + name + " does";
    if (!mirror.write.empty() && other.does_read(mirror.write))
        return "publishes to " + to_log_text(mirror.write) + on_broker + ", which " + name + " reads";
    if (!other.write.empty() && mirror.does_read(other.write))
        return "reads " + to_log_text(other.write) + on_broker + ", which " + name + " publishes to";
    if (!mirror.read.empty() && mirror.read == other.read)
        return "reads " + to_log_text(mirror.read.front()) + on_broker + ", as " + name + " does";
    return {};
}

}  // namespace

const std::string* AddressBinding::reads_by(std::string_view address) const {
    const auto found =
        std::ranges::find_if(read, [&](const std::string& filter) { return matches(filter, address, kind); });
    return found == read.end() ? nullptr : &*found;
}

std::optional<Source> find_source(const Binding& binding, std::string_view broker, std::string_view address,
                                  std::string_view filter) {
    const auto by = [&](const AddressBinding& place) {
        return place.broker == broker ? place.reads_by(address) : nullptr;
    };
    const auto source = [&](const std::string& first, Source found) {
        return filter.empty() || filter == first ? std::optional(found) : std::nullopt;
    };
    if (const auto* first = by(binding))
        return source(*first, {});
    for (std::size_t i = 0; i < binding.mirrors.size(); ++i)
        if (const auto* first = by(binding.mirrors[i]))
            return source(*first, {i});
    return std::nullopt;
}

Overflow overflow_at(const Binding& binding, std::string_view broker) {
    const auto holds_back = [broker](const AddressBinding& place) {
        return place.broker == broker && !place.read.empty() && place.overflow == Overflow::close;
    };
    const bool is_held_back =
        holds_back(binding) || std::any_of(binding.mirrors.begin(), binding.mirrors.end(), holds_back);
    return is_held_back ? Overflow::close : Overflow::drop_oldest;
}

std::optional<Clash> find_clash(const Binding& binding) {
    const auto& mirrors = binding.mirrors;
    for (std::size_t i = 0; i < mirrors.size(); ++i) {
        if (auto text = clash_of(mirrors[i], binding, "its home"); !text.empty())
            return Clash{i, std::move(text)};
        for (std::size_t before = 0; before < i; ++before)
            if (auto text = clash_of(mirrors[i], mirrors[before], "mirror " + std::to_string(before)); !text.empty())
                return Clash{i, std::move(text)};
    }
    return std::nullopt;
}

}  // namespace mucbridge
