#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xml/reader.hpp"

namespace mucbridge {

/// A reader and everything that it said.
struct Heard {
    std::vector<Element> headers, stanzas;
    std::size_t ends = 0;
    std::vector<ReaderError> errors;
    std::vector<std::pair<Element, std::string>> passed_over;  // and why
    Reader reader;

    explicit Heard(ReaderLimits limits = {})
        : reader({[this](const Element& header) { headers.push_back(header); },
                  [this](Element stanza) { stanzas.push_back(std::move(stanza)); }, [this] { ++ends; },
                  [this](ReaderError error) { errors.push_back(std::move(error)); },
                  [this](Element stanza, ReaderError error) {
                      passed_over.emplace_back(std::move(stanza), std::move(error.text));
                  }},
                 limits) {}
    Heard(const Heard&) = delete;  // its reader's events point to it
    Heard& operator=(const Heard&) = delete;

    void feed_in_pieces(std::string_view bytes, std::size_t size) {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
            reader.feed(bytes.substr(0, size));
    }

    /// "" while nothing went wrong.
    std::string condition() const { return errors.empty() ? "" : errors.front().condition; }
};

inline constexpr std::string_view stream_header =
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";

inline std::string times(std::size_t count, std::string_view part) {
    std::string all;
    all.reserve(count * part.size());
    for (std::size_t i = 0; i < count; ++i)
        all += part;
    return all;
}

}  // namespace mucbridge
