#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xml/element.hpp"
#include "xmpp/sasl.hpp"

namespace mucbridge {

/// A stream error: its name (RFC 6120 §4.9.3) and the reason in words.
struct StreamError {
    std::string condition, text;
};

/// Is this the header of a stream that we can serve? RFC 6120 §4.7, §4.8. Without `to` it is taken as meant for us.
/// `may_be_old`: nor has it to name a version.
std::optional<StreamError> judge_header(const Element& header, const std::string& domain, bool may_be_old = false);

/// Our own header, with a new id: unique and not to be guessed (RFC 6120 §4.7.3). `theirs` is the header it answers,
/// or null where the stream ends before one came.
std::string make_header(const std::string& domain, const Element* theirs, bool is_old = false);
/// The language a header declares for all that follows, or "" where it declares none that is well-formed.
std::string language_of(const Element& header);

/// Before login: TLS, the mechanisms and what channels they can be bound to.
std::string make_login_features(const LoginOffer& offer, bool has_legacy_auth);
/// After login: resource binding, and the session of RFC 3921 as the no-op it has become.
std::string make_bind_features();

/// <stream:error/>, without the end of the stream.
std::string make_stream_error(const StreamError& error);

}  // namespace mucbridge
