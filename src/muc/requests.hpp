#pragma once

#include <optional>
#include <string>

#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/route.hpp"
#include "muc/affiliation.hpp"
#include "muc/history.hpp"

namespace mucbridge {

/// Who speaks: one session, with the full JID that its door vouches for.
struct Visitor {
    Route route;
    Jid jid;
};

/// A presence that asks to enter.
struct JoinRequest {
    std::string nick = {};  // prepared
    std::optional<std::string> password = {};
    HistoryWish history = {};
    Bytes extra = {};               // children of the presence that are shown to others; may be null
    std::string id = {};            // of the presence; may be empty
    bool nick_was_changed = false;  // the service made it of another that was asked for: 210
};

/// One <item/> of muc#admin: a wish, a change or an answer. XEP-0045 §8, §9, §10.
struct RightsItem {
    std::optional<Jid> jid = {};  // bare; of an occupant shown to those who may see it
    std::string nick = {};        // of an occupant; with an affiliation: the nick that is reserved for the user
    std::optional<Affiliation> affiliation = {};
    std::optional<Role> role = {};
    std::string reason = {};
    bool frees_nick = false;  // nick='': the one that was reserved is given up, §9.5
};

/// A mediated invitation as an occupant asks for it. XEP-0045 §7.8.2.
struct InviteRequest {
    Jid to;
    std::string reason = {}, thread = {};
    bool continues = false;
};

/// A moderator's answer to AskForVoice. XEP-0045 §8.6.
struct VoiceAnswer {
    std::string nick = {};        // of whom
    std::optional<Jid> jid = {};  // the same by the real JID
    Role role = Role::participant;
    bool allowed = false;
};

}  // namespace mucbridge
