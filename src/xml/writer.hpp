#pragma once

#include <string>
#include <string_view>

#include "xml/element.hpp"

namespace mucbridge {

/// Appends character data: & < > are escaped, and CR so that it survives the next parser. Wants XML text.
void append_escaped_text(std::string& out, std::string_view text);
/// Appends an attribute's value, for single quotes: & < > ' " and TAB, LF, CR are escaped.
void append_escaped_attribute(std::string& out, std::string_view value);
/// Appends ` name='value'`.
void append_attribute(std::string& out, std::string_view name, std::string_view value);
/// Appends `<name>text</name>`.
void append_text_element(std::string& out, std::string_view name, std::string_view text);

/// Appends the element as bytes that mean the same wherever they stand: xmlns is written where the element's
/// namespace is not `outer_ns`, the default namespace at the place where it will stand.
void append_element(std::string& out, const Element& element, std::string_view outer_ns);
std::string to_string(const Element& element, std::string_view outer_ns);

}  // namespace mucbridge
