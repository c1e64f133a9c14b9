#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {

/// XEP-0045 §7.13. Who has voice needs none, and no answer.
Effects Room::on_voice_request(const Visitor& visitor, std::string id, Now) {
    Effects effects;
    const Occupant* occupant = occupants_.find(visitor.jid);
    if (!occupant)
        return refuse_message(visitor, {}, std::move(id), "normal", not_inside());
    if (occupant->role != Role::visitor)
        return effects;
    Audience moderators = occupants_.others(occupant).moderators;
    if (moderators->empty())
        return refuse_message(visitor, {}, std::move(id), "normal",
                              {Condition::recipient_unavailable, "no moderator is in this room", ErrorType::wait});
    effects.emplace_back(AskForVoice{std::move(moderators), visitor.jid, occupant->speaker->nick});
    return effects;
}

/// A change of role like any other, §8.3. A refusal of voice changes nothing and is told nobody; nor does a second
/// moderator's answer.
Effects Room::on_voice_answer(const Visitor& visitor, const VoiceAnswer& answer, std::string id, Now now) {
    const auto refuse = [&](StanzaError error) {
        return refuse_message(visitor, {}, std::move(id), "normal", std::move(error));
    };
    const Occupant* moderator = occupants_.find(visitor.jid);
    if (!moderator)
        return refuse(not_inside());
    if (moderator->role != Role::moderator)
        return refuse({Condition::forbidden, "only moderators grant voice"});
    if (!answer.allowed)
        return {};
    if (answer.role != Role::participant)
        return refuse({Condition::bad_request, "who has voice is a participant"});
    const Occupant* asker = find_asker(answer);
    if (!asker)
        return refuse({Condition::item_not_found, "who asked for voice is no longer in this room"});
    if (asker->role != Role::visitor)
        return {};
    Verdict verdict = on_rights(visitor, {{.nick = asker->speaker->nick, .role = Role::participant}}, now);
    return verdict.refusal ? refuse(*std::move(verdict.refusal)) : std::move(verdict.effects);
}

/// By the JID where there is one: the nick may be another's by now.
const Occupant* Room::find_asker(const VoiceAnswer& answer) const {
    return answer.jid ? occupants_.find(*answer.jid) : occupants_.find_nick(fold_nick(answer.nick));
}

}  // namespace mucbridge
