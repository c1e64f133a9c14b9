#include "xml/reader.hpp"

#include <doctest/doctest.h>

#include "xml/writer.hpp"

using namespace mucbridge;

namespace {

/// A reader and everything that it said.
struct Heard {
    std::vector<Element> headers, stanzas;
    std::size_t ends = 0;
    std::vector<ReaderError> errors;
    Reader reader;

    explicit Heard(ReaderLimits limits = {})
        : reader({[this](const Element& header) { headers.push_back(header); },
                  [this](Element stanza) { stanzas.push_back(std::move(stanza)); }, [this] { ++ends; },
                  [this](ReaderError error) { errors.push_back(std::move(error)); }},
                 limits) {}
};

constexpr std::string_view header =
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";

}  // namespace

TEST_CASE("a stream is a header, stanzas and an end [RFC 6120 §4.2]") {
    Heard heard;
    heard.reader.feed(std::string(header) +
                      "<message to='a@b'><body>hi</body></message> \n<presence/></stream:stream>");
    REQUIRE(heard.errors.empty());
    REQUIRE(heard.headers.size() == 1);
    CHECK(heard.headers[0].name == "stream");
    CHECK(heard.headers[0].ns == ns::streams);
    CHECK(heard.headers[0].attribute("to") == "localhost");
    REQUIRE(heard.stanzas.size() == 2);
    CHECK(to_string(heard.stanzas[0], ns::client) == "<message to='a@b'><body>hi</body></message>");
    CHECK(to_string(heard.stanzas[1], ns::client) == "<presence/>");
    CHECK(heard.ends == 1);
}
