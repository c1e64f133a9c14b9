#include "xml/namespaces.hpp"

#include <expat.h>

#include <algorithm>
#include <memory>

#include "xml/element.hpp"

namespace mucbridge {
namespace {

constexpr std::string_view xmlns_namespace = "http://www.w3.org/2000/xmlns/";

/// Whether a name's character may also begin a name. For the ASCII ones that is short; for the rest, expat's tables are
/// the ones that count, since what it lets through must be readable by it again.
bool may_begin_name(std::string_view local) {
    const char first = local.front();
    if (first >= 0)
        return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_';
    thread_local const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate("UTF-8"),
                                                                                           XML_ParserFree);
    if (!parser || XML_ParserReset(parser.get(), "UTF-8") != XML_TRUE)
        return false;
    XML_SetHashSalt(parser.get(), 1);  // one name collides with no other, so that the system need not be asked for one
    const std::string document = '<' + std::string(local) + "/>";
    return XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), 1) == XML_STATUS_OK;
}

}  // namespace

std::optional<QualifiedName> QualifiedName::parse(std::string_view name) {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos)
        return QualifiedName{{}, name};
    const QualifiedName split{name.substr(0, colon), name.substr(colon + 1)};
    const bool is_valid = !split.prefix.empty() && !split.local.empty() &&
                          split.local.find(':') == std::string_view::npos && may_begin_name(split.local);
    return is_valid ? std::optional(split) : std::nullopt;
}

std::string_view Namespaces::declare(std::string_view prefix, std::string_view name) {
    if (prefix == "xmlns" || name == xmlns_namespace)
        return "the prefix xmlns and its namespace are never declared";
    if ((prefix == "xml") != (name == ns::xml))
        return "the prefix xml and its namespace belong together";
    if (!prefix.empty() && name.empty())
        return "a prefix is declared with an empty namespace";
    if (prefix != "xml")
        bindings_.push_back({std::string(prefix), std::string(name)});
    return {};
}

const std::string* Namespaces::find(std::string_view prefix) const {
    static const std::string none, xml(ns::xml);
    const auto found = std::find_if(bindings_.rbegin(), bindings_.rend(),
                                    [&](const Binding& binding) { return binding.prefix == prefix; });
    if (found != bindings_.rend())
        return &found->name;
    if (prefix.empty())
        return &none;
    return prefix == "xml" ? &xml : nullptr;
}

}  // namespace mucbridge
