#include "core/stanza_error.hpp"

#include <array>

namespace mucbridge {
namespace {

struct Entry {
    std::string_view name;
    ErrorType type;
};

/// In the order of Condition. The types are those of RFC 6120 §8.3.3.1 to §8.3.3.22.
constexpr std::array<Entry, 22> entries{{
    {"bad-request", ErrorType::modify},
    {"conflict", ErrorType::cancel},
    {"feature-not-implemented", ErrorType::cancel},
    {"forbidden", ErrorType::auth},
    {"gone", ErrorType::cancel},
    {"internal-server-error", ErrorType::cancel},
    {"item-not-found", ErrorType::cancel},
    {"jid-malformed", ErrorType::modify},
    {"not-acceptable", ErrorType::modify},
    {"not-allowed", ErrorType::cancel},
    {"not-authorized", ErrorType::auth},
    {"policy-violation", ErrorType::modify},
    {"recipient-unavailable", ErrorType::wait},
    {"redirect", ErrorType::modify},
    {"registration-required", ErrorType::auth},
    {"remote-server-not-found", ErrorType::cancel},
    {"remote-server-timeout", ErrorType::wait},
    {"resource-constraint", ErrorType::wait},
    {"service-unavailable", ErrorType::cancel},
    {"subscription-required", ErrorType::auth},
    {"undefined-condition", ErrorType::cancel},
    {"unexpected-request", ErrorType::wait},
}};
static_assert(entries[static_cast<std::size_t>(Condition::unexpected_request)].name == "unexpected-request");

const Entry& entry(Condition condition) { return entries.at(static_cast<std::size_t>(condition)); }

}  // namespace

std::string_view to_string(Condition condition) { return entry(condition).name; }

std::string_view to_string(ErrorType type) {
    switch (type) {
        case ErrorType::auth:
            return "auth";
        case ErrorType::cancel:
            return "cancel";
        case ErrorType::continue_:
            return "continue";
        case ErrorType::modify:
            return "modify";
        case ErrorType::wait:
            return "wait";
    }
    return "cancel";
}

ErrorType usual_type(Condition condition) { return entry(condition).type; }

}  // namespace mucbridge
