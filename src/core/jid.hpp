#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace mucbridge {

/// An XMPP address: "romeo@localhost/orchard", "garden@rooms.localhost", "rooms.localhost". RFC 7622.
/// The parts are prepared (nodeprep, nameprep, resourceprep): equal addresses have equal parts.
struct Jid {
    std::string local, domain, resource;

    /// Errors say which part is wrong and why. Empty text, "@b", "a@", "a@b/", a part over 1023 bytes,
    /// invalid UTF-8 and what the preparation forbids are errors.
    static Result<Jid> parse(std::string_view text);

    /// A localpart as a JID would hold it: "Foo.Bar" becomes "foo.bar".
    static Result<std::string> prepare_local(std::string_view text);
    static Result<std::string> prepare_domain(std::string_view text);
    /// A resource, and so a nick: case is kept, compatibility forms are folded, control characters are refused.
    static Result<std::string> prepare_resource(std::string_view text);

    Jid bare() const { return {local, domain, {}}; }
    bool is_bare() const { return resource.empty(); }
    Jid with_resource(std::string text) const { return {local, domain, std::move(text)}; }
    bool empty() const { return domain.empty(); }

    auto operator<=>(const Jid&) const = default;
};

std::string to_string(const Jid& jid);

}  // namespace mucbridge

template <>
struct std::hash<mucbridge::Jid> {
    std::size_t operator()(const mucbridge::Jid& jid) const noexcept;
};
