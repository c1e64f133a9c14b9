#pragma once

#include <memory>
#include <optional>

#include "gateway/window.hpp"
#include "mapping/mapper.hpp"

namespace mucbridge {

/// A line of a room for the window of its home's broker, or of that mirror's; without the room's name and the key.
inline Window::Entry make_entry(std::shared_ptr<const Mapper> mapper, std::shared_ptr<const Binding> binding,
                                std::optional<std::size_t> mirror, Said said) {
    Window::Entry entry;
    entry.address = mirror ? binding->mirrors.at(*mirror).write : binding->write;
    entry.mirror = mirror;
    entry.said = std::move(said);
    entry.make = [mapper = std::move(mapper), binding = std::move(binding), mirror](const Said& line, WallTime now) {
        Said again = line;
        again.published_at = now;
        return mirror ? mapper->outbound_mirror(*binding, *mirror, again) : mapper->outbound(*binding, again);
    };
    return entry;
}

}  // namespace mucbridge
