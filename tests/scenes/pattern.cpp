#include "pattern.hpp"

#include <algorithm>
#include <set>

#include "failure.hpp"
#include "xml/reader.hpp"

namespace mucbridge::scenes {
namespace {

std::string trim(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\n");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

bool has_attribute(const Element& element, const Attribute& wanted, Variables& variables) {
    return std::any_of(element.attributes.begin(), element.attributes.end(), [&](const Attribute& attribute) {
        return attribute.name == wanted.name && attribute.ns == wanted.ns &&
               variables.match(wanted.value, attribute.value);
    });
}

bool match_children(const Element& wanted, const Element& stanza, bool exactly, Variables& variables) {
    std::set<const Element*> taken;
    for (const Node& node : wanted.nodes) {
        const Element* child = node.element();
        if (!child)
            continue;
        const auto found = std::find_if(stanza.nodes.begin(), stanza.nodes.end(), [&](const Node& candidate) {
            Variables tried = variables;
            if (!candidate.element() || taken.contains(candidate.element()) ||
                !matches(*child, *candidate.element(), exactly, tried))
                return false;
            variables = tried;
            return true;
        });
        if (found == stanza.nodes.end())
            return false;
        taken.insert(found->element());
    }
    return !exactly || taken.size() == stanza.count_children();
}

}  // namespace

bool Variables::match(const std::string& wanted, const std::string& value) {
    if (wanted == "*")
        return !value.empty();
    if (!wanted.starts_with("$"))
        return wanted == value;
    return values_.emplace(wanted, value).first->second == value;
}

std::string Variables::fill(std::string text) const {
    // Longer names first, so that $id does not stand for the beginning of $id2.
    for (auto variable = values_.rbegin(); variable != values_.rend(); ++variable)
        for (auto at = text.find(variable->first); at != std::string::npos;
             at = text.find(variable->first, at + variable->second.size()))
            text.replace(at, variable->first.size(), variable->second);
    return text;
}

Element parse_xml(const std::string& text) {
    Element out;
    std::string error;
    Reader reader({[](const Element&) {}, [&](Element stanza) { out = std::move(stanza); }, [] {},
                   [&](const ReaderError& why) { error = why.condition + ": " + why.text; }},
                  {});
    reader.feed("<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>" + text);
    if (!error.empty())
        throw Failure{"XML in the scene", error};
    return out;
}

bool matches(const Element& wanted, const Element& stanza, bool exactly, Variables& variables) {
    if (wanted.name != stanza.name || wanted.ns != stanza.ns)
        return false;
    if (!std::all_of(wanted.attributes.begin(), wanted.attributes.end(),
                     [&](const Attribute& attribute) { return has_attribute(stanza, attribute, variables); }))
        return false;
    const auto counted = [](const Element& element) {
        return std::count_if(element.attributes.begin(), element.attributes.end(),
                             [](const Attribute& attribute) { return attribute.name != "to"; });
    };
    if (exactly && counted(wanted) != counted(stanza))
        return false;
    const std::string text = trim(wanted.text());
    if ((!text.empty() || (exactly && wanted.count_children() == 0)) && !variables.match(text, trim(stanza.text())))
        return false;
    return match_children(wanted, stanza, exactly, variables);
}

}  // namespace mucbridge::scenes
