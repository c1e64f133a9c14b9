#include "xml/tree_builder.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

/// What a namespace's name may cost: it is written once and then borne by every element and attribute inside.
constexpr std::size_t namespace_growth = 4;

/// Room that is made at once, since a first child is seldom the only one.
constexpr std::size_t usual_children = 4;

bool is_declaration(std::string_view name) { return name == "xmlns" || name.starts_with("xmlns:"); }

bool is_space(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

bool TreeBuilder::fail(std::string_view condition, std::string_view text) {
    error_ = {std::string(condition), std::string(text)};
    return false;
}

bool TreeBuilder::open(std::string_view name, const char* const* attributes) {
    const std::size_t scope = namespaces_.size();
    if (!is_passing_over()) {
        const bool is_read =
            start_element() && declare_namespaces(attributes) && set_name(name) && set_attributes(attributes);
        if (!is_read && !may_pass_over())
            return false;
        if (!is_read)
            pass_over(std::move(error_));
        else if (depth() > 0)
            open_.push_back(current_);
    }
    scopes_.push_back(scope);
    return true;
}

bool TreeBuilder::may_pass_over() const {
    return limits.passed_over_bytes > 0 && depth() > 0 && error_.condition == "policy-violation";
}

void TreeBuilder::pass_over(ReaderError error) {
    is_passed_over_ = true;
    error_ = std::move(error);
    open_.clear();
    tree_.nodes.clear();
}

bool TreeBuilder::start_element() {
    if (depth() > limits.depth)
        return fail("policy-violation",
                    "elements are nested too deep; want at most " + std::to_string(limits.depth) + " (limits/depth)");
    if (open_.empty()) {
        nodes_ = declarations_ = namespace_bytes_ = 0;
        is_passed_over_ = false;
        tree_ = {};
        current_ = &tree_;
        return true;
    }
    if (!count_node())
        return false;
    auto& nodes = open_.back()->nodes;
    if (nodes.empty())
        nodes.reserve(usual_children);
    current_ = &nodes.emplace_back().value.emplace<Element>();
    return true;
}

bool TreeBuilder::declare_namespaces(const char* const* attributes) {
    std::size_t count = 0, others = 0;
    for (; attributes[0] != nullptr; attributes += 2) {
        if (++count > limits.attributes)
            return fail("policy-violation", "an element has too many attributes; want at most " +
                                                std::to_string(limits.attributes) + " (limits/attributes)");
        const std::string_view name = attributes[0];
        if (!is_declaration(name)) {
            ++others;
            continue;
        }
        if (++declarations_ > limits.attributes)
            return fail("policy-violation", "too many namespaces are declared; want at most " +
                                                std::to_string(limits.attributes) + " (limits/attributes)");
        const auto qualified = QualifiedName::parse(name);
        if (!qualified)
            return fail("not-well-formed", "a declared prefix is not a name");
        const bool is_default = qualified->prefix.empty();
        const std::string_view why = namespaces_.declare(is_default ? "" : qualified->local, attributes[1]);
        if (!why.empty())
            return fail("not-well-formed", why);
    }
    current_->attributes.reserve(others);
    return true;
}

bool TreeBuilder::set_name(std::string_view name) {
    const auto qualified = QualifiedName::parse(name);
    if (!qualified)
        return fail("not-well-formed", "an element's name is not a qualified name");
    const std::string* ns = resolve(name, qualified->prefix);
    if (ns == nullptr)
        return false;
    current_->name = qualified->local;
    current_->ns = *ns;
    return true;
}

bool TreeBuilder::set_attributes(const char* const* attributes) {
    for (; attributes[0] != nullptr; attributes += 2) {
        const std::string_view name = attributes[0];
        if (is_declaration(name)) {
            if (depth() == 0 && name == "xmlns")
                add_attribute(name, {}, attributes[1]);
            continue;
        }
        const auto qualified = QualifiedName::parse(name);
        if (!qualified)
            return fail("not-well-formed", "an attribute's name is not a qualified name");
        if (qualified->prefix.empty()) {
            add_attribute(name, {}, attributes[1]);
            continue;
        }
        const std::string* ns = resolve(name, qualified->prefix);
        if (ns == nullptr)
            return false;
        // Two prefixes may stand for one namespace (XML Namespaces §6.3); the parser compares what is written.
        const auto is_same = [&](const Attribute& each) { return each.name == qualified->local && each.ns == *ns; };
        if (std::any_of(current_->attributes.begin(), current_->attributes.end(), is_same))
            return fail("not-well-formed", "an element has the same attribute twice");
        add_attribute(qualified->local, *ns, attributes[1]);
    }
    return true;
}

void TreeBuilder::add_attribute(std::string_view name, std::string_view ns, std::string_view value) {
    Attribute& added = current_->attributes.emplace_back();
    added.name = name;
    added.ns = ns;
    added.value = value;
}

const std::string* TreeBuilder::resolve(std::string_view name, std::string_view prefix) {
    const std::string* ns = namespaces_.find(prefix);
    if (ns == nullptr) {
        fail("bad-namespace-prefix", "the prefix of \"" + std::string(cut_utf8(name, 64)) + "\" is not declared");
        return nullptr;
    }
    namespace_bytes_ += ns->size();
    if (namespace_bytes_ > namespace_growth * limits.stanza_bytes) {
        fail("policy-violation", "a long namespace stands in too many places");
        return nullptr;
    }
    return ns;
}

bool TreeBuilder::count_node() {
    return ++nodes_ <= limits.children ||
           fail("policy-violation", "a stanza has too many elements and texts inside; want at most " +
                                        std::to_string(limits.children) + " (limits/children)");
}

bool TreeBuilder::add_text(std::string_view text) {
    if (is_passing_over())
        return true;
    if (open_.empty())
        return is_space(text) || fail("bad-format", "there is text between stanzas; want whitespace at most");
    auto& nodes = open_.back()->nodes;
    if ((nodes.empty() || nodes.back().element() != nullptr) && !count_node()) {
        if (!may_pass_over())
            return false;
        pass_over(std::move(error_));
        return true;
    }
    open_.back()->add_text(text);
    return true;
}

void TreeBuilder::close() {
    namespaces_.leave(scopes_.back());
    scopes_.pop_back();
    if (!open_.empty())
        open_.pop_back();
}

}  // namespace mucbridge
