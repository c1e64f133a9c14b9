#pragma once

#include <map>
#include <string>

#include "xml/element.hpp"

namespace mucbridge::scenes {

/// What a scene expects of a value, and remembers: "*" is anything but nothing, "$id" is anything the first time and
/// from then on what it was, other words are themselves.
class Variables {
public:
    bool match(const std::string& wanted, const std::string& value);
    /// The text with what is known of its $names.
    std::string fill(std::string text) const;

private:
    std::map<std::string, std::string> values_;
};

/// One element of a scene, in the namespace of clients. Throws Failure where it is no XML.
Element parse_xml(const std::string& text);

/// Whether everything that is wanted is there: attributes, text, children in any order. `exactly`: and nothing more
/// (but "to").
bool matches(const Element& wanted, const Element& stanza, bool exactly, Variables& variables);

}  // namespace mucbridge::scenes
