#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/jid.hpp"
#include "core/stanza_error.hpp"
#include "xml/element.hpp"
#include "xmpp/forms.hpp"

namespace mucbridge {

inline constexpr std::string_view registration_form_type = "http://jabber.org/protocol/muc#register";

/// What is asked of one who wants a nick reserved. XEP-0045 §7.10.
Form make_registration_form(const Jid& room);
/// The nick that is wanted, prepared; bad-request where the form does not say one.
std::variant<std::string, StanzaError> parse_registration_form(const Form& form);
/// <query xmlns='jabber:iq:register'/>: the form, for one who has no nick reserved; else <registered/> and the nick.
Element make_registration(const Jid& room, const std::string& reserved_nick);

}  // namespace mucbridge
