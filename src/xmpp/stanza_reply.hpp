#pragma once

#include <string_view>

#include "core/stanza_error.hpp"
#include "xml/element.hpp"

namespace mucbridge {

/// <iq type='result'> to an iq: same id, addresses swapped, empty. Where the request had no `to`, the result has no
/// `from` (RFC 6120 §8.1.2.1).
Element make_result(const Element& request);
/// The same with one child.
Element make_result(const Element& request, Element child);

/// The stanza's own kind with type='error': same id, addresses swapped, without its payload, and the <error/> of
/// RFC 6120 §8.3.2. `by` names the entity that refuses where that is not plain from `from`.
Element make_error_reply(const Element& stanza, const StanzaError& error, std::string_view by = {});

/// RFC 6120 §8.3.1: an error is never answered with an error, nor is an iq's result.
bool may_be_refused(const Element& stanza);

}  // namespace mucbridge
