#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config.hpp"
#include "xml/element.hpp"

namespace mucbridge {

/// A stream error: its name (RFC 6120 §4.9.3) and the reason in words.
struct StreamError {
    std::string condition, text;
};

/// Is this the header of a stream that we can serve? RFC 6120 §4.7, §4.8. Without `to` it is taken as meant for us.
std::optional<StreamError> judge_header(const Element& header, const std::string& domain);

/// Our own header, with a new id: unique and not to be guessed (RFC 6120 §4.7.3). `theirs` is the header it answers,
/// or null where the stream ends before one came.
std::string make_header(const std::string& domain, const Element* theirs);
/// The language a header declares for all that follows, or "" where it declares none that is well-formed.
std::string language_of(const Element& header);

/// Before login: the mechanisms.
std::string make_login_features(Login login);
/// After login: resource binding, and the session of RFC 3921 as the no-op it has become.
std::string make_bind_features();

/// <stream:error/>, without the end of the stream.
std::string make_stream_error(const StreamError& error);

}  // namespace mucbridge
