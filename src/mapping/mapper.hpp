#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/heard.hpp"
#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/result.hpp"

namespace mucbridge {

class Seal;
struct Claims;
struct Rule;

/// What a room is on the broker's side, by the first rule that matches its name.
struct Binding {
    std::string room;               // localpart
    std::size_t rule = 0;           // index into Config::rules
    std::string broker;             // a name in Config::brokers
    std::string write;              // the address to publish to; empty: direction in
    std::vector<std::string> read;  // filters to subscribe; empty: direction out
    int qos = 1;
    bool retain = false;
    PayloadKind payload = PayloadKind::text;
    bool reads_own = true;  // what is published comes back: `write` is selected by a filter in `read`
};

/// Which rooms are which addresses, and what lines look like there. Immutable, pure, shared between loops, replaced
/// whole at reload.
class Mapper {
public:
    /// `seal` outlives nothing: it is shared. Errors name the rule's path: "/rules/2/room: ...".
    static Result<std::shared_ptr<const Mapper>> make(const Config& config, std::shared_ptr<const Seal> seal);

    /// What this room is, or in words why no rule gives it an address (no rule matches, an empty level, a wildcard, a
    /// leading $, ...). Wants a prepared localpart.
    Result<Binding> bind(std::string_view room) const;
    /// The rooms that an address feeds by the rules alone, whether or not they exist now: for `map`.
    /// Each answer is confirmed by bind(): a room whose first matching rule is another one is not in it.
    std::vector<Binding> rooms_fed_by(std::string_view broker, std::string_view address) const;
    /// What a room is, and what an address feeds, or why not, rule by rule, for a person. A room's name is folded
    /// first.
    std::string explain_room(std::string_view room) const;
    std::string explain_address(std::string_view address) const;

    Publication outbound(const Binding& binding, const Said& said) const;
    /// None: there is nothing to say (an empty payload, which clears a retained message).
    std::optional<Heard> inbound(const Binding& binding, const Delivery& delivery) const;

    ~Mapper();
    Mapper(const Mapper&) = delete;
    Mapper& operator=(const Mapper&) = delete;

private:
    Mapper(std::vector<Rule> rules, LimitsConfig limits, std::shared_ptr<const Seal> seal);
    /// A room's name as the levels of an address.
    Result<std::vector<std::string>> read_room(std::string_view room) const;
    /// What the address feeds by this rule, or why nothing.
    Result<Binding> feed(const Rule& rule, std::string_view address) const;
    bool is_sealed(const Heard& heard, const std::string& nick, const std::string& body, const std::string& seal) const;
    std::string nick_for(const Binding& binding, const Delivery& delivery, const Claims& claims,
                         const Claims& properties) const;
    void hear_foreign(Heard& heard, const std::string& text) const;

    std::vector<Rule> rules_;
    LimitsConfig limits_;
    std::shared_ptr<const Seal> seal_;
};

}  // namespace mucbridge
