#include "xml/element.hpp"

#include <algorithm>
#include <utility>

namespace mucbridge {
namespace {

/// By hand, since std::find_if over const and mutable elements would double every lookup below.
template <class Attributes>
auto find_attribute(Attributes& attributes, std::string_view name, std::string_view ns) {
    return std::find_if(attributes.begin(), attributes.end(),
                        [&](const Attribute& each) { return each.name == name && each.ns == ns; });
}

}  // namespace

std::string_view Element::attribute(std::string_view wanted) const {
    const auto found = find_attribute(attributes, wanted, "");
    return found == attributes.end() ? std::string_view() : found->value;
}

bool Element::has_attribute(std::string_view wanted) const {
    return find_attribute(attributes, wanted, "") != attributes.end();
}

std::string_view Element::lang() const {
    const auto found = find_attribute(attributes, "lang", ns::xml);
    return found == attributes.end() ? std::string_view() : found->value;
}

Element& Element::set(std::string_view attribute_name, std::string_view value) {
    const auto found = find_attribute(attributes, attribute_name, "");
    if (found == attributes.end())
        attributes.push_back({std::string(attribute_name), {}, std::string(value)});
    else
        found->value = value;
    return *this;
}

void Element::remove_attribute(std::string_view unwanted) {
    const auto found = find_attribute(attributes, unwanted, "");
    if (found != attributes.end())
        attributes.erase(found);
}

const Element* Element::child(std::string_view wanted, std::string_view wanted_ns) const {
    for (const Node& node : nodes)
        if (const Element* element = node.element(); element && element->name == wanted && element->ns == wanted_ns)
            return element;
    return nullptr;
}

Element* Element::child(std::string_view wanted, std::string_view wanted_ns) {
    return const_cast<Element*>(std::as_const(*this).child(wanted, wanted_ns));
}

const Element* Element::first_child() const {
    for (const Node& node : nodes)
        if (const Element* element = node.element())
            return element;
    return nullptr;
}

std::size_t Element::count_children() const {
    return static_cast<std::size_t>(
        std::count_if(nodes.begin(), nodes.end(), [](const Node& node) { return node.element() != nullptr; }));
}

std::string Element::text() const {
    std::string all;
    for (const Node& node : nodes)
        if (const std::string* part = node.text())
            all += *part;
    return all;
}

Element& Element::add(Element child) {
    nodes.push_back(Node{std::move(child)});
    return *nodes.back().element();
}

Element& Element::add(std::string_view child_name, std::string_view child_ns) {
    Element added;
    added.name = child_name;
    added.ns = child_ns;
    return add(std::move(added));
}

Element& Element::add_text(std::string_view text) {
    if (text.empty())
        return *this;
    if (!nodes.empty() && std::holds_alternative<std::string>(nodes.back().value))
        std::get<std::string>(nodes.back().value) += text;
    else
        nodes.push_back(Node{std::string(text)});
    return *this;
}

}  // namespace mucbridge
