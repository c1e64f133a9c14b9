#pragma once

#include <string_view>
#include <variant>

#include "core/stanza_error.hpp"
#include "muc/effects.hpp"
#include "muc/requests.hpp"
#include "xmpp/forms.hpp"

namespace mucbridge {

inline constexpr std::string_view voice_form_type = "http://jabber.org/protocol/muc#request";

/// What is asked of those who may give voice. XEP-0045 §8.6.
Form make_voice_form(const AskForVoice& ask);

struct VoiceRequest {};
/// What is submitted: with muc#request_allow a moderator's answer, without it somebody's wish for voice. Refused in
/// words: another form, another role than participant, an answer that tells not whom.
std::variant<VoiceRequest, VoiceAnswer, StanzaError> parse_voice_form(const Form& form);

}  // namespace mucbridge
