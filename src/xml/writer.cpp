#include "xml/writer.hpp"

#include <array>

namespace mucbridge {
namespace {

/// The prefix that every attribute of one element in that namespace gets: "xml", or "ns0", "ns1", ... each declared on
/// the element itself.
void append_foreign_attribute(std::string& out, const Attribute& attribute, std::vector<std::string_view>& declared) {
    if (attribute.ns == ns::xml) {
        append_attribute(out, "xml:" + attribute.name, attribute.value);
        return;
    }
    std::size_t number = 0;
    while (number < declared.size() && declared[number] != attribute.ns)
        ++number;
    const std::string prefix = "ns" + std::to_string(number);
    if (number == declared.size()) {
        declared.push_back(attribute.ns);
        append_attribute(out, "xmlns:" + prefix, attribute.ns);
    }
    append_attribute(out, prefix + ":" + attribute.name, attribute.value);
}

/// Which bytes must not stand as they are.
using Specials = std::array<bool, 256>;

constexpr Specials make_specials(std::string_view bytes) {
    Specials specials{};
    for (const char byte : bytes)
        specials[static_cast<unsigned char>(byte)] = true;
    return specials;
}

constexpr Specials text_specials = make_specials("&<>\r");
constexpr Specials attribute_specials = make_specials("&<>'\"\t\n\r");

std::string_view reference(char byte) {
    switch (byte) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '\'':
            return "&apos;";
        case '"':
            return "&quot;";
        case '\t':
            return "&#9;";
        case '\n':
            return "&#10;";
        default:
            return "&#13;";
    }
}

void append_escaped(std::string& out, std::string_view text, const Specials& specials) {
    std::size_t plain = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!specials[static_cast<unsigned char>(text[at])])
            continue;
        out.append(text, plain, at - plain);
        out.append(reference(text[at]));
        plain = at + 1;
    }
    out.append(text, plain);
}

}  // namespace

void append_escaped_text(std::string& out, std::string_view text) { append_escaped(out, text, text_specials); }

void append_escaped_attribute(std::string& out, std::string_view value) {
    append_escaped(out, value, attribute_specials);
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out += ' ';
    out += name;
    out += "='";
    append_escaped_attribute(out, value);
    out += '\'';
}

void append_text_element(std::string& out, std::string_view name, std::string_view text) {
    (out += '<') += name;
    out += '>';
    append_escaped_text(out, text);
    (out += "</") += name;
    out += '>';
}

void append_element(std::string& out, const Element& element, std::string_view outer_ns) {
    // Namespaces in XML 1.0 §3: that one has its prefix, and nothing may declare it.
    const bool is_xml = element.ns == ns::xml;
    const std::string name = is_xml ? "xml:" + element.name : element.name;
    const std::string_view inner_ns = is_xml ? outer_ns : std::string_view(element.ns);
    (out += '<') += name;
    if (inner_ns != outer_ns)
        append_attribute(out, "xmlns", inner_ns);
    std::vector<std::string_view> declared;
    for (const Attribute& attribute : element.attributes) {
        if (attribute.ns.empty())
            append_attribute(out, attribute.name, attribute.value);
        else
            append_foreign_attribute(out, attribute, declared);
    }
    if (element.nodes.empty()) {
        out += "/>";
        return;
    }
    out += '>';
    for (const Node& node : element.nodes) {
        if (const Element* child = node.element())
            append_element(out, *child, inner_ns);
        else
            append_escaped_text(out, *node.text());
    }
    (out += "</") += name;
    out += '>';
}

std::string to_string(const Element& element, std::string_view outer_ns) {
    std::string out;
    append_element(out, element, outer_ns);
    return out;
}

}  // namespace mucbridge
