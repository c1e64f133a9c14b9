#include <algorithm>

#include "core/unique.hpp"
#include "muc/heard_words.hpp"
#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// How long a copy is awaited that nothing but its text tells from what others publish.
constexpr std::chrono::minutes text_is_awaited{5};
/// The same words without an id, oftener than this in a minute, are taken for words that go round.
constexpr std::size_t most_same_words = 60;

}  // namespace

void Room::set_wiring(RoomWiring wiring) {
    wiring_ = std::move(wiring);
    home_ = std::make_shared<const std::string>(wiring_.home);
    // Without a mark an occupant could be called like a publisher.
    if (wiring_.mark.empty())
        wiring_.mark = "[broker]";
    for (MirrorWiring& mirror : wiring_.mirrors)
        if (mirror.mark.empty())
            mirror.mark = wiring_.mark;
    mirrors_.resize(wiring_.mirrors.size());
}

void Room::subscribe_mirrors(Effects& effects) {
    for (std::size_t i = 0; i < mirrors_.size(); ++i)
        if (wiring_.mirrors[i].reads && !std::exchange(mirrors_[i].is_subscribed, true))
            effects.emplace_back(Subscribe{i});
}

void Room::unsubscribe_mirrors(Effects& effects) {
    for (std::size_t i = 0; i < mirrors_.size(); ++i)
        if (std::exchange(mirrors_[i].is_subscribed, false))
            effects.emplace_back(Unsubscribe{i});
}

// What their brokers do.

Effects Room::on_mirror_up(std::size_t mirror, Now) {
    if (mirror < mirrors_.size())
        mirrors_[mirror].has_told_loss = false;
    return {};
}

Effects Room::on_mirror_granted(std::size_t mirror, const Granted& granted, Now) {
    Effects effects;
    if (mirror >= mirrors_.size() || !mirrors_[mirror].is_subscribed)
        return effects;
    const bool was_refused = std::exchange(mirrors_[mirror].is_refused, !granted.granted);
    if (granted.granted || was_refused)
        return effects;
    const std::string text = "nothing is heard of mirror " + mark_of(mirror) + ": " + granted.reason;
    notice(effects, occupants_.everyone(), "From now on " + text + ".");
    effects.emplace_back(Warn{text});
    return effects;
}

Effects Room::on_mirrored(std::size_t mirror, const std::string& stanza_id, const Settlement& settlement, Now now) {
    Effects effects;
    if (mirror >= mirrors_.size() || settlement.outcome == Settlement::Outcome::released)
        return effects;
    const MirrorWiring& wiring = wiring_.mirrors[mirror];
    Copies& copies = mirrors_[mirror].copies;
    if (settlement.outcome == Settlement::Outcome::rejected) {
        copies.settle(stanza_id, std::nullopt);
        lose(effects, mirror, wiring.address + " does not get a line of this room: " + settlement.reason);
    } else if (wiring.reads_own && !wiring.carries_properties) {
        copies.settle(stanza_id, now.tick + text_is_awaited);
    } else {
        copies.settle(stanza_id, std::nullopt);
        // After a long outage of the mirror it may have been forgotten.
        ids_of(stanza_id).add(stanza_id, {now.wall, true});
    }
    close_if_over(effects, now);
    return effects;
}

Effects Room::on_mirror_full(std::size_t mirror, const std::string& stanza_id, Now now) {
    return on_mirrored(
        mirror, stanza_id,
        {Settlement::Outcome::rejected, "no more lines can wait for its broker, which is away or behind"}, now);
}

// From home to the mirrors.

/// Said, and so given to every mirror that publishes, but to the one that it came from.
void Room::mirror_onward(Effects& effects, const Said& said, std::optional<std::size_t> except) {
    for (std::size_t i = 0; i < mirrors_.size(); ++i) {
        const MirrorWiring& wiring = wiring_.mirrors[i];
        Copies& copies = mirrors_[i].copies;
        if (!wiring.writes || i == except || copies.is_on_its_way(said.line.stanza_id))
            continue;
        if (copies.on_their_way() >= limits_.lines_in_flight) {
            lose(effects, i, wiring.address + " does not get a line of this room: too many are on their way there");
            continue;
        }
        copies.add(said.line.stanza_id, said.line.body.value_or(""));
        Mirror copy{i, said};
        copy.said.line.answers = names_.name_at(i, said.line.answers);
        effects.emplace_back(std::move(copy));
    }
}

// From a mirror home.

/// What is retained is old news, and would be news again at home each time the room opens; what claims to be a
/// gateway's and is not believed would go round for ever between gateways with different keys. Both are shown here, and
/// go no further.
void Room::hear_mirror(Effects& effects, Heard heard, Now now) {
    if (*heard.mirror >= mirrors_.size() || is_copy(heard, now))
        return;
    const bool is_occupants = is_believed(effects, heard, now);
    if (!is_occupants && !heard.id.empty() && foreign_.find(heard.id))
        return;
    std::optional<std::string> id;
    if (!is_occupants)
        id = id_across(effects, heard, now);
    else if (!heard.retained)
        id = heard.id;
    if (!id || !wiring_.writes)
        return is_occupants ? say_theirs(effects, std::move(heard), now)
                            : say_publishers(effects, std::move(heard), now);
    if (!is_occupants && !heard.id.empty())
        foreign_.add(heard.id, {now.wall, false});
    // Another gateway that hears this mirror may have been faster.
    if (!is_known(*id))
        carry_home(effects, std::move(heard), *std::move(id), is_occupants, now);
}

/// Whether it was said here before, or is about to be: what this room or another gateway mirrored.
bool Room::is_copy(const Heard& heard, Now now) {
    Copies& copies = mirrors_[*heard.mirror].copies;
    if (heard.sealed && !heard.id.empty()) {
        if (copies.is_on_its_way(heard.id) || ids_of(heard.id).find(heard.id))
            return true;
        const OwnLine* line = in_flight_.find(heard.id);
        if (line = line ? line : overdue_.find(heard.id); line && is_text_of(heard, *line))
            return true;
    }
    if (heard.retained && payloads_.has(place_of(heard), heard.raw))
        return true;
    // As at home: where there is no place for an id, the oldest copy of this text is what came back.
    const bool is_back =
        heard.id.empty() && !wiring_.mirrors[*heard.mirror].carries_properties && copies.take(heard.raw, now.tick);
    if (is_back)
        payloads_.add(place_of(heard), heard.raw, heard.retained);
    return is_back;
}

bool Room::is_known(const std::string& id) { return in_flight_.find(id) || overdue_.find(id) || ids_of(id).find(id); }

/// Under which id a publisher's line goes to other brokers: the same from every gateway that hears it, so that it is
/// one line for all of them. None: it goes no further.
std::optional<std::string> Room::id_across(Effects& effects, const Heard& heard, Now now) {
    if (mirrors_.empty() || heard.retained || heard.sealed || !heard.origin.empty())
        return std::nullopt;
    const std::string& words = heard.raw.empty() ? heard.body : heard.raw;
    const auto make_id = [&](const std::string& which) {
        return make_uuid8(which + '\n' + heard.address + '\n' + words);
    };
    if (!heard.id.empty())
        return make_id("id " + heard.id);
    const auto minute = std::chrono::floor<std::chrono::minutes>(now.wall).time_since_epoch().count();
    for (;;) {
        const std::size_t number = same_words_.add(heard.address, words, minute);
        if (number == 0)
            return make_uuid8(make_uuid7(now.wall));
        if (number > most_same_words)
            break;
        auto id = make_id(std::to_string(minute) + ' ' + std::to_string(number));
        // At home it is heard once: an id that was said is that of an earlier line, which only another gateway heard.
        if (heard.mirror || !ids_of(id).find(id))
            return id;
    }
    if (!told_of_loop_ || now.tick - *told_of_loop_ >= std::chrono::minutes{1}) {
        told_of_loop_ = now.tick;
        effects.emplace_back(Warn{"the same words come more than " + std::to_string(most_same_words) +
                                  " times a minute from " + heard.address + " (" + mark_of(heard.mirror) +
                                  "): they are not mirrored, for they seem to go round between brokers"});
    }
    effects.emplace_back(NotMirrored{});
    return std::nullopt;
}

/// As a line of the room: it waits, is refused and is said as an occupant's. Mirrors get half of the places, so that
/// occupants are heard.
void Room::carry_home(Effects& effects, Heard heard, std::string id, bool is_occupants, Now now) {
    const std::size_t mirror = *heard.mirror;
    if (in_flight_.carried() * 2 >= limits_.lines_in_flight)
        return lose(effects, mirror, "a line of its publishers is lost: too many lines of this room are on their way");
    payloads_.add(place_of(heard), heard.raw, false);
    std::string nick = is_occupants ? std::move(heard.nick) : publisher_nick(heard.nick, mark_of(mirror));
    OwnLine line;
    line.line.body = body_of(heard);
    line.line.stanza_id = std::move(id);
    line.line.lang = std::move(heard.lang);
    line.line.answers = answered_by(heard);
    names_.add(line.line.stanza_id, heard.mirror, heard.message_id);
    line.said_at = now.wall;
    line.carried = Carried{mirror, {}};
    if (is_occupants) {
        line.line.id = std::move(heard.sender_id);
        line.said_at = heard.said_at.value_or(*heard.published_at);
        line.carried->origin = std::move(heard.origin);
    }
    // Each mirror is a speaker of its own, whose lines keep their order.
    line.speaker = std::make_shared<const Speaker>(
        Speaker{nick, fold_nick(nick), {}, {{}, {}, std::to_string(mirror)}, address_.with_resource(nick)});
    line.address = home_;
    // A mirror that never falls silent does not keep an empty room.
    if (!lingers_until_)
        last_said_ = now.tick;
    send_home(effects, std::move(line), now);
}

void Room::lose(Effects& effects, std::size_t mirror, const std::string& text) {
    effects.emplace_back(NotMirrored{});
    if (mirror < mirrors_.size() && !std::exchange(mirrors_[mirror].has_told_loss, true))
        effects.emplace_back(Warn{"mirror " + mark_of(mirror) + ": " + text});
}

std::string Room::mark_of(const std::optional<std::size_t>& mirror) const {
    return mirror && *mirror < wiring_.mirrors.size() ? wiring_.mirrors[*mirror].mark : wiring_.mark;
}

std::size_t Room::copies_on_their_way() const {
    std::size_t count = 0;
    for (const MirrorState& mirror : mirrors_)
        count += mirror.copies.on_their_way();
    return count;
}

}  // namespace mucbridge
