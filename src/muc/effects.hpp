#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/heard.hpp"
#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/route.hpp"
#include "core/stanza_error.hpp"
#include "muc/affiliation.hpp"

namespace mucbridge {

/// Sessions that all get the same words. Shared, so that saying a line to a thousand copies one pointer.
using Audience = std::shared_ptr<const std::vector<Route>>;

/// An occupant as others see it.
struct OccupantView {
    std::string nick;
    std::string occupant_id;  // XEP-0421
    Affiliation affiliation = Affiliation::none;
    Role role = Role::none;
    std::optional<Jid> real_jid;  // full; set where the addressees may see it
    Bytes extra;                  // children of the occupant's own presence (show, status, caps, ...); may be null
};

/// Tell of an occupant: <presence/> from its occupant JID. XEP-0045 §7.2.2 and on.
struct ShowPresence {
    Audience to;
    OccupantView occupant;
    bool available = true;
    std::vector<int> statuses;  // 100, 110, 170, 201, 210, 303, 332, 333, ...
    std::string new_nick;       // with 303
    std::string id;             // of the presence that this one answers; may be empty
};

/// Say a line: <message type='groupchat'/>. Also a subject (no body) and history (delayed).
struct ShowLine {
    Audience to;
    std::string nick;         // empty: from the room itself
    std::string occupant_id;  // empty: none
    Line line;
    std::optional<WallTime> delayed;  // XEP-0203; the time it was first said
};

/// A private message or anything else that one occupant sends another; never published. XEP-0045 §7.5.
struct ShowPrivate {
    Route to;
    std::string nick;  // the sender's
    std::string occupant_id;
    std::string type;  // "chat", "normal"
    Line line;
};

/// The answer to what may not be. XEP-0045's errors.
struct Refuse {
    enum class Kind { presence, message };
    Route to;
    Kind kind;
    std::string nick;  // the resource that was addressed; empty: the room
    std::string id;    // of the refused stanza
    std::string type;  // of a refused message; the answer is type='error' whatever it was
    StanzaError error;
};

/// A word from the room itself to some, shown by clients as the room's: <message type='groupchat'/> without a
/// stanza-id.
struct Notice {
    Audience to;
    std::string text;
};

/// Give the line to the broker. Answered by on_settled(), and by on_heard() where the room reads what it writes.
struct Publish {
    Said said;
};

/// The line's way is over: nothing more is awaited for it (its place in the broker's window is free).
struct Home {
    std::string stanza_id;
};

/// An accepted line did not come back in time: said anyway, or its speaker was told "not confirmed". For the counters.
struct EchoMissed {
    bool is_said = false;
};

struct Subscribe {};
struct Unsubscribe {};
/// The room is empty and its lines are home: it may be forgotten.
struct Close {};
/// A word to the operator's log, as a warning.
struct Warn {
    std::string text;
};

using Effect = std::variant<ShowPresence, ShowLine, ShowPrivate, Refuse, Notice, Publish, Home, EchoMissed, Subscribe,
                            Unsubscribe, Close, Warn>;
/// What is to be done, in this order.
using Effects = std::vector<Effect>;

}  // namespace mucbridge
