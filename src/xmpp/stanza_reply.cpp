#include "xmpp/stanza_reply.hpp"

#include <utility>

#include <string>

namespace mucbridge {

namespace {

Element make_reply(const Element& stanza, std::string_view type) {
    Element reply{stanza.name, stanza.ns, {}, {}};
    reply.attributes.reserve(4);
    reply.set("type", type);
    if (stanza.has_attribute("id"))
        reply.set("id", stanza.attribute("id"));
    if (stanza.has_attribute("to"))
        reply.set("from", stanza.attribute("to"));
    if (stanza.has_attribute("from"))
        reply.set("to", stanza.attribute("from"));
    return reply;
}

}  // namespace

Element make_result(const Element& request) { return make_reply(request, "result"); }

Element make_result(const Element& request, Element child) {
    Element result = make_result(request);
    result.add(std::move(child));
    return result;
}

Element make_error_reply(const Element& stanza, const StanzaError& error, std::string_view by) {
    Element reply = make_reply(stanza, "error");
    Element& child = reply.add("error", stanza.ns);
    child.set("type", to_string(error.type));
    if (!by.empty())
        child.set("by", by);
    child.add(to_string(error.condition), ns::stanza_errors);
    if (!error.text.empty()) {
        Element& text = child.add("text", ns::stanza_errors);
        text.attributes.push_back({"lang", std::string(ns::xml), "en"});
        text.add_text(error.text);
    }
    return reply;
}

bool may_be_refused(const Element& stanza) {
    const auto type = stanza.attribute("type");
    return type != "error" && !(stanza.name == "iq" && type == "result");
}

}  // namespace mucbridge
