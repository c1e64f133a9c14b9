#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/heard.hpp"
#include "core/jid.hpp"
#include "core/message.hpp"
#include "core/past_line.hpp"
#include "core/receipt.hpp"
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

/// Who did it to the occupant: <actor/>. XEP-0045 §8.2, §9.1, §10.2.
struct Actor {
    std::string nick;             // empty: not inside
    std::optional<Jid> real_jid;  // full; set where the addressees may see it
};

/// The end of a room by its owner's will, told to each occupant. XEP-0045 §10.9.
struct Destruction {
    std::optional<Jid> alternate = {};  // another room to go to
    std::string password = {};          // of that one
    std::string reason = {};
};

/// Tell of an occupant: <presence/> from its occupant JID. XEP-0045 §7.2.2 and on.
struct ShowPresence {
    Audience to;
    OccupantView occupant;
    bool available = true;
    std::vector<int> statuses;  // 100, 110, 170, 201, 210, 303, 332, 333, ...
    std::string new_nick = {};  // with 303; or the reserved nick of a member who is not inside
    std::string id = {};        // of the presence that this one answers; may be empty
    std::optional<Actor> actor = {};
    std::string reason = {};
    std::optional<Destruction> destruction = {};
};

/// An explicit kick of one who is not inside, so that a client that lost its synchronisation knows. XEP-0045 §7.2.18.
ShowPresence make_kick_of_stranger(std::string nick);

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
    bool is_inside = true;  // else they have left, and it is no groupchat
};

/// A change of affiliation of somebody who is not inside: <message/> from the room, with <item affiliation jid/>.
/// XEP-0045 §9.3, example 195.
struct ShowAffiliation {
    Audience to;
    Jid jid;  // bare
    Affiliation affiliation = Affiliation::none;
    std::vector<int> statuses;  // 301, 321
    std::string reason;
};

/// The configuration changed: <message type='groupchat'/> from the room with 104, 172, 173 and their like. XEP-0045
/// §10.2.1.
struct ShowConfigured {
    Audience to;
    std::vector<int> statuses;
};

/// A mediated invitation, to whoever it may be and wherever. XEP-0045 §7.8.2.
struct Invite {
    Jid to;
    Jid from;  // the inviter: the occupant JID
    std::string id, reason, thread;
    bool continues = false;  // <continue/>: a one-to-one chat goes on here
    std::string password;    // the room's; empty: none
};

/// The answer to an invitation. XEP-0045 §7.8.2.
struct ShowDecline {
    Route to;
    Jid from;  // bare: who declines
    std::string id, reason;
};

/// Somebody without voice asks for it: the form for those who may give it. XEP-0045 §8.6.
struct AskForVoice {
    Audience to;
    Jid real_jid;  // full
    std::string nick;
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

struct Subscribe {
    std::optional<std::size_t> mirror = {};  // none: home
};
struct Unsubscribe {
    std::optional<std::size_t> mirror = {};
};
/// The room is empty and its lines are home: it may be forgotten.
struct Close {};
/// A word to the operator's log, as a warning.
struct Warn {
    std::string text;
};

/// Give the line to a mirror of the room. Answered by on_mirrored() or on_mirror_full().
struct Mirror {
    std::size_t mirror = 0;  // index into the wiring's mirrors
    Said said;
};

/// A line that a persistent room has said, for its archive.
struct KeepLine {
    PastLine line;
    std::uint64_t journal = 0;  // the number of the delivery that brought it; 0: none
    Receipt receipt = {};       // of that delivery, until the archive has the line
};
/// A delivery that brought a line which the room had said already: its archive is to know it by that, too, or a later
/// process, given it by the journal, might take it for another line.
struct KeepEcho {
    std::uint64_t number = 0;  // of the line
    std::uint64_t journal = 0;
    Receipt receipt = {};
};

// What is kept of a persistent room is another now. Each comes before what is shown of the change.
/// All of it is to be written: the room is new, or has become persistent.
struct KeepRoom {};
struct KeepOptions {};
/// What this user is to the room, or the nick that is reserved for the user.
struct KeepRight {
    Jid bare;
};
struct KeepSubject {};
/// The room is destroyed, or no longer persistent.
struct ForgetKept {};

/// A line did not get from home to a mirror, or from a mirror home. For the counters.
struct NotMirrored {};

using Effect =
    std::variant<ShowPresence, ShowLine, ShowPrivate, ShowAffiliation, ShowConfigured, Invite, ShowDecline, AskForVoice,
                 Refuse, Notice, Publish, Home, EchoMissed, Mirror, KeepLine, KeepEcho, NotMirrored, Subscribe,
                 Unsubscribe, Close, Warn, KeepRoom, KeepOptions, KeepRight, KeepSubject, ForgetKept>;
/// What is to be done, in this order.
using Effects = std::vector<Effect>;

/// What becomes of a request: why not, or what is to be done.
struct Verdict {
    std::optional<StanzaError> refusal = {};
    Effects effects = {};  // none where it is refused
};

}  // namespace mucbridge
