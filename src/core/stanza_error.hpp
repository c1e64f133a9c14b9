#pragma once

#include <string>
#include <string_view>

namespace mucbridge {

/// The stanza error conditions of RFC 6120 §8.3.3, by their own names.
enum class Condition {
    bad_request,
    conflict,
    feature_not_implemented,
    forbidden,
    gone,
    internal_server_error,
    item_not_found,
    jid_malformed,
    not_acceptable,
    not_allowed,
    not_authorized,
    policy_violation,
    recipient_unavailable,
    redirect,
    registration_required,
    remote_server_not_found,
    remote_server_timeout,
    resource_constraint,
    service_unavailable,
    subscription_required,
    undefined_condition,
    unexpected_request,
};

/// RFC 6120 §8.3.2.
enum class ErrorType { auth, cancel, continue_, modify, wait };

/// "item-not-found"
std::string_view to_string(Condition condition);
std::string_view to_string(ErrorType type);
/// The type that RFC 6120 §8.3.3 (and XEP-0045 where it is stricter) pairs with the condition.
ErrorType usual_type(Condition condition);

/// A refusal, as a value: what an error stanza will say.
struct StanzaError {
    Condition condition;
    std::string text = {};  // for a person; may be empty
    ErrorType type = usual_type(condition);
    bool operator==(const StanzaError&) const = default;
};

}  // namespace mucbridge
