#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "core/jid.hpp"
#include "core/stanza_error.hpp"
#include "muc/options.hpp"
#include "xmpp/forms.hpp"

namespace mucbridge {

// A room's configuration as a form, FORM_TYPE muc#roomconfig. XEP-0045 §10.2, §16.5.3.

inline constexpr std::string_view room_form_type = "http://jabber.org/protocol/muc#roomconfig";

/// Every setting that works, as it is now. `most_users`: as many as the service lets into a room.
Form make_room_form(const Jid& room, const RoomOptions& options, std::size_t most_users);

/// `current` with what the form changes: a field that is not there, or has no value where one must be chosen, stays as
/// it is (XEP-0004 §3.5, §3.6); a field that nobody knows is ignored, as XEP-0004 §3.1 demands. Without any field but
/// FORM_TYPE: the room is accepted as it is (XEP-0045 §10.1.2). Refused: a form of another FORM_TYPE (bad-request), a
/// value that is no such setting's (not-acceptable, XEP-0004 §4), in words.
std::variant<RoomOptions, StanzaError> parse_room_form(const Form& form, const RoomOptions& current,
                                                       std::size_t most_users);

/// "anyone", "participants", "moderators", "none": the value of muc#roomconfig_allowpm.
std::string_view private_message_word(Role least);

}  // namespace mucbridge
