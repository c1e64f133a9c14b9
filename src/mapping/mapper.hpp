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
#include "mapping/aliases.hpp"
#include "mapping/binding.hpp"
#include "mapping/review.hpp"

namespace mucbridge {

class Seal;
struct Claims;
struct Rule;

/// Which rooms are which addresses, and what lines look like there. Immutable, pure, shared between loops, replaced
/// whole at reload.
class Mapper {
public:
    /// `seal` is shared; a mapper that publishes nothing and trusts nobody does without. Errors name the path of what
    /// is wrong: "/rules/2/room: ...", "/aliases/kitchen: ...".
    static Result<std::shared_ptr<const Mapper>> make(const Config& config, std::shared_ptr<const Seal> seal);

    /// What this room is, or in words why no rule gives it an address (no rule matches, an empty level, a wildcard, a
    /// leading $, ...). Wants a prepared localpart.
    Result<Binding> bind(std::string_view room) const;
    /// The rooms that an address feeds by the rules alone, each once, whether or not they exist now: for `map`.
    /// Each answer is confirmed by bind(): a room whose first matching rule is another one is not in it.
    std::vector<Binding> rooms_fed_by(std::string_view broker, std::string_view address) const;
    /// What a room is, and what an address feeds, or why not, rule by rule, for a person. A room's name is folded
    /// first.
    std::string explain_room(std::string_view room) const;
    std::string explain_address(std::string_view address) const;
    /// What the rules do together that nobody may have meant, for `check`.
    std::vector<Finding> review() const;

    /// Whether the room's rule lets this bare JID be in it, and speak there. A rule without `who` lets everybody.
    bool may_read(const Binding& binding, const Jid& bare) const;
    bool may_write(const Binding& binding, const Jid& bare) const;

    /// For the room's home, and for one of its mirrors: sealed over that address, in that payload.
    Publication outbound(const Binding& binding, const Said& said) const;
    Publication outbound_mirror(const Binding& binding, std::size_t mirror, const Said& said) const;
    /// What home or a mirror delivered (find_source() tells). None: there is nothing to say (an empty payload, which
    /// clears a retained message).
    std::optional<Heard> inbound(const Binding& binding, const Delivery& delivery) const;
    std::optional<Heard> inbound_mirror(const Binding& binding, std::size_t mirror, const Delivery& delivery) const;

    /// Whether it claims to be a line of this gateway's, cheaply: for what a wrong claim does no harm to.
    bool claims_to_be_ours(const Delivery& delivery) const;

    ~Mapper();
    Mapper(const Mapper&) = delete;
    Mapper& operator=(const Mapper&) = delete;

private:
    class Review;

    Mapper(std::vector<Rule> rules, Aliases aliases, LimitsConfig limits, std::shared_ptr<const Seal> seal);
    /// A room's name as the levels of an address.
    Result<Levels> read_room(std::string_view room) const;
    /// What the address feeds by this rule's home, or by one of its mirrors, or why nothing.
    Result<Binding> feed(const Rule& rule, Source source, std::string_view address) const;
    /// Null for a binding that is older than these rules.
    const Rule* rule_of(const Binding& binding) const;
    Publication publish_at(const AddressBinding& place, const Said& said) const;
    std::optional<Heard> hear_at(const AddressBinding& place, const std::string& nick_by_rule,
                                 const Delivery& delivery) const;
    bool is_sealed(const Heard& heard, const std::string& nick, const std::string& body, const std::string& seal) const;
    std::string nick_for(const AddressBinding& place, const std::string& by_rule, const Claims& claims,
                         const Claims& properties) const;
    void hear_foreign(Heard& heard, const std::string& text) const;

    std::vector<Rule> rules_;
    Aliases aliases_;
    LimitsConfig limits_;
    std::shared_ptr<const Seal> seal_;
};

}  // namespace mucbridge
