#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "xml/element.hpp"

namespace mucbridge {

/// How much of a peer's XML is believed.
struct ReaderLimits {
    std::size_t stanza_bytes = 64 * 1024;  // of one first-level element, and of the stream header
    std::size_t depth = 64;                // of nesting inside the stream
    std::size_t attributes = 256;          // of one element
    std::size_t children = 4096;           // nodes of one stanza, counted over all levels
    // A stanza over one of these limits, but no longer than this, is passed over and reading goes on: for a stream that
    // many users share. 0: it is an error.
    std::size_t passed_over_bytes = 0;
    // What the configuration calls stanza_bytes, for the error's text.
    std::string_view bytes_key = "limits/stanza_bytes";
};

class Resting;

/// Why reading ended: the stream error's name (RFC 6120 §4.9.3) and the reason in words.
struct ReaderError {
    std::string condition;  // "not-well-formed", "policy-violation", "restricted-xml", "bad-namespace-prefix", ...
    std::string text;
};

/// Turns one direction of a stream's bytes into its header, its stanzas and its end. Strict: XML 1.0 with namespaces,
/// UTF-8 only, no DOCTYPE, comment or processing instruction (RFC 6120 §11.1). After an error nothing more is read.
class Reader {
public:
    struct Events {
        // <stream:stream ...>, without children; the content namespace that it declares is its attribute "xmlns".
        std::function<void(const Element& header)> on_header;
        std::function<void(Element stanza)> on_stanza;  // one whole first-level element
        std::function<void()> on_end;                   // </stream:stream>
        std::function<void(ReaderError)> on_error;
        // A stanza over the limits (ReaderLimits::passed_over_bytes): its name and attributes, without what is inside;
        // nameless where its own attributes are too many.
        std::function<void(Element stanza, ReaderError)> on_passed_over = {};
    };

    /// `resting`: where it may rest between stanzas; null: it keeps its parser until park().
    Reader(Events events, ReaderLimits limits, std::shared_ptr<Resting> resting = nullptr);
    ~Reader();
    Reader(Reader&&) noexcept;
    Reader& operator=(Reader&&) noexcept;

    /// Reads on. Never throws for what the bytes hold. An event may call stop(), set_limits() or restart(), never
    /// destroy the reader.
    void feed(std::string_view bytes);
    /// From inside an event: what follows in this buffer is not read (RFC 6120 §5.4.3.3: nothing sent before TLS counts
    /// after it). Nothing more is read until restart().
    void stop();
    /// Forgets everything and expects a new stream header, as after SASL. From inside an event it takes effect for the
    /// bytes that follow the event's element in the same buffer.
    void restart();
    /// Gives back the parser's memory (10 KB) while nothing is half read; the next feed() makes a new one. For a stream
    /// that has been quiet for a while.
    void park();
    void set_limits(ReaderLimits limits);
    /// Reads the other's stream on from where that one stands between two stanzas, with the events and limits of this
    /// one; its own stream is forgotten. The other one is parked, perhaps on another thread, and is done with.
    void go_on_with(Reader&& other);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace mucbridge
