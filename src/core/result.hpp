#pragma once

#include <boost/system/result.hpp>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mucbridge {

/// Why something could not be had: a sentence that names the thing and the wish, for a person to read.
/// "rules/2/qos: want 0, 1 or 2, got 7"
struct Error {
    std::string text;

    Error() = default;
    /// The parts, joined: Error{"rules/2/qos: want 0, 1 or 2, got ", value}. From braces alone: were a string in
    /// parentheses an Error as well, Result<std::string> could not tell its value from its failure.
    Error(std::initializer_list<std::string_view> parts) {
        for (const std::string_view part : parts)
            text += part;
    }
};

/// What boost::system::result throws when value() is asked of a failure; reaching it is a bug of ours.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::logic_error(error.text);
}

/// A value, or the Error that says why there is none.
template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace mucbridge
