// A stream's bytes through the reader: the same whatever the pieces, within its limits, and equal once written and
// read again.
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "fuzz/memory.hpp"
#include "xml/reader.hpp"
#include "xml/writer.hpp"

namespace mucbridge::fuzz {
namespace {

/// Small, so that inputs reach them.
constexpr ReaderLimits limits{.stanza_bytes = 1024, .depth = 8, .attributes = 8, .children = 32};
/// What a reader and one stanza may hold: a parser, and the tree that a stanza's bytes can stand for.
constexpr std::size_t memory_limit = 256 * 1024;

/// What happens besides reading, at places that depend on the stream and not on its pieces.
struct Habits {
    bool parks = false, restarts = false, passes_over = false;
};

/// Everything that reading told, in order, as text, and why it ended.
struct Told {
    std::string text;
    std::string condition;
    std::vector<Element> stanzas;
};

void check_is_xml(const Element& element) {
    check(is_xml_text(element.name) && is_xml_text(element.ns), "names are XML text");
    for (const Attribute& attribute : element.attributes)
        check(is_xml_text(attribute.value) && is_xml_text(attribute.ns), "values are XML text");
    for (const Node& node : element.nodes) {
        if (const Element* child = node.element())
            check_is_xml(*child);
        else
            check(is_xml_text(*node.text()) && !node.text()->empty(), "text is XML text, and some");
    }
}

Told read(std::string_view bytes, Habits habits, const std::function<std::string_view(std::string_view&)>& take) {
    Told told;
    const Memory before;
    Reader* self = nullptr;
    std::size_t kept = 0;
    const auto tell = [&](const char* what, const Element& element) {
        check_is_xml(element);
        (told.text += what) += to_string(element, ns::client) += '\n';
    };
    Reader::Events events;
    events.on_header = [&](const Element& header) { tell("header ", header); };
    events.on_stanza = [&](Element stanza) {
        tell("stanza ", stanza);
        if (habits.restarts && stanza.name == "auth")
            self->restart();
        told.stanzas.push_back(std::move(stanza));
        kept = before.grown();
    };
    events.on_passed_over = [&](Element stanza, const ReaderError& error) {
        tell("passed over ", stanza);
        told.text += error.condition + '\n';
    };
    events.on_end = [&] { told.text += "end\n"; };
    events.on_error = [&](const ReaderError& error) {
        check(!error.condition.empty() && !error.text.empty(), "an error says what and why");
        told.condition = error.condition;
    };
    ReaderLimits with = limits;
    with.passed_over_bytes = habits.passes_over ? 4 * limits.stanza_bytes : 0;
    Reader reader(std::move(events), with);
    self = &reader;
    while (!bytes.empty()) {
        reader.feed(take(bytes));
        check(before.grown() < kept + memory_limit, "a reader holds no more than its limits allow");
        if (habits.parks)
            reader.park();
    }
    return told;
}

Told read_whole(std::string_view bytes, Habits habits) {
    return read(bytes, habits, [](std::string_view& rest) { return std::exchange(rest, {}); });
}

/// Namespaces and values as they are, whatever the prefixes.
bool same(const Element& one, const Element& other) {
    const auto same_attribute = [](const Attribute& a, const Attribute& b) {
        return a.name == b.name && a.ns == b.ns && a.value == b.value;
    };
    const auto same_node = [](const Node& a, const Node& b) {
        if (a.element() == nullptr || b.element() == nullptr)
            return a.text() != nullptr && b.text() != nullptr && *a.text() == *b.text();
        return same(*a.element(), *b.element());
    };
    return one.name == other.name && one.ns == other.ns &&
           std::equal(one.attributes.begin(), one.attributes.end(), other.attributes.begin(), other.attributes.end(),
                      same_attribute) &&
           std::equal(one.nodes.begin(), one.nodes.end(), other.nodes.begin(), other.nodes.end(), same_node);
}

void check_written(const Element& stanza) {
    const std::string written = to_string(stanza, ns::client);
    const std::string stream =
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" + written;
    std::vector<Element> again;
    Reader reader({.on_header = {},
                   .on_stanza = [&](Element element) { again.push_back(std::move(element)); },
                   .on_end = {},
                   .on_error = [&](const ReaderError& error) { check(false, "what is written is XML", error.text); }},
                  {.stanza_bytes = 1024 * 1024, .attributes = 1024});
    reader.feed(stream);
    check(again.size() == 1 && same(again.front(), stanza), "what is written reads back equal", written);
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge::fuzz;
    Input input(data, size);
    const std::size_t habits_bits = input.choose(7), seed = input.choose(255);
    const Habits habits{(habits_bits & 1) != 0, (habits_bits & 2) != 0, (habits_bits & 4) != 0};
    const Told whole = read_whole(input.rest(), habits);
    Pieces pieces(seed);
    const Told cut = read(input.rest(), habits, [&](std::string_view& rest) { return pieces.take_from(rest); });
    // Which error is a matter of what was seen first: a tag may be too long and no XML either.
    check(whole.text == cut.text && whole.condition.empty() == cut.condition.empty(),
          "what is read does not depend on how it is cut",
          whole.text + whole.condition + "\nor\n" + cut.text + cut.condition);
    for (const mucbridge::Element& stanza : whole.stanzas)
        check_written(stanza);
    return 0;
}
