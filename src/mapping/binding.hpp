#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/config.hpp"

namespace mucbridge {

/// One of a room's addresses, and how lines are written there.
struct AddressBinding {
    std::string broker;                     // a name in Config::brokers
    AddressKind kind = AddressKind::topic;  // how its addresses are spelled
    std::string write;                      // the address to publish to; empty: direction in
    std::vector<std::string> read;          // filters to subscribe; empty: direction out
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    bool mandatory = false;  // what nobody takes is refused
    QueueConfig queue;       // of what it reads
    bool reads_own = true;   // what is published comes back: `write` is selected by a filter in `read`
    Overflow overflow = Overflow::close;

    /// The first filter that selects the address; null: none does.
    const std::string* reads_by(std::string_view address) const;
    bool does_read(std::string_view address) const { return reads_by(address) != nullptr; }
};

/// What a room is on the broker's side, by the first rule that matches its name: its home, which orders it, and its
/// mirrors.
struct Binding : AddressBinding {
    std::string room;         // localpart
    std::size_t rule = 0;     // index into Config::rules
    bool persistent = false;  // the rule makes its rooms so
    std::vector<AddressBinding> mirrors;
};

/// Which of the room's addresses delivers what arrives on this one.
struct Source {
    std::optional<std::size_t> mirror;  // none: home, which is asked first
};
/// None: the room reads no such address. One delivery is one line, also where a mirror's filter selects it as well.
/// `filter`: the one that it came by, where each filter that selects an address delivers it (AMQP): then the first
/// counts alone.
std::optional<Source> find_source(const Binding& binding, std::string_view broker, std::string_view address,
                                  std::string_view filter = {});

/// Of what that broker delivers for the room: lines are dropped where each address there lets them be.
Overflow overflow_at(const Binding& binding, std::string_view broker);

/// What must not be among a room's addresses, since its lines would come twice or go round for ever.
struct Clash {
    std::size_t mirror;  // whose fault it is
    std::string text;    // "publishes to a/b, which its home reads"
};
std::optional<Clash> find_clash(const Binding& binding);

}  // namespace mucbridge
