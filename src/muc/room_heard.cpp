#include <algorithm>

#include "core/unique.hpp"
#include "muc/heard_words.hpp"
#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// How far the clocks of gateways that share a key may differ.
constexpr std::chrono::seconds clock_tolerance{60};
/// How much of an origin tells two occupants of one nick apart.
constexpr std::size_t shown_of_origin = 8;
/// A line that waited for this long before it was published is marked as delayed.
constexpr std::chrono::seconds noticed{2};
/// For so long lost lines are counted before the room says how many.
constexpr std::chrono::seconds losses_gather{3};

}  // namespace

Effects Room::on_heard(Heard heard, Now now) {
    Effects effects;
    forget_overdue(now);
    if (heard.mirror)
        hear_mirror(effects, std::move(heard), now);
    else if (take_as_own(effects, heard, now))
        close_if_over(effects, now);
    else if (is_believed(effects, heard, now))
        say_theirs(effects, std::move(heard), now);
    else if (heard.id.empty() || !foreign_.find(heard.id))
        say_publishers(effects, std::move(heard), now);
    return effects;
}

/// Whether this is a line of ours coming back, or one that was said before; either is then dealt with. An id alone
/// proves nothing: a stranger can read it off the broker, but cannot seal it.
bool Room::take_as_own(Effects& effects, const Heard& heard, Now now) {
    if (heard.sealed) {
        OwnLine* line = in_flight_.find(heard.id);
        OwnLine* late = line ? nullptr : overdue_.find(heard.id);
        if (line && line->is_published && *line->address == heard.address && is_text_of(heard, *line))
            return on_echo(effects, *line, heard, now), true;
        if (late && *late->address == heard.address && is_text_of(heard, *late))
            return on_late_echo(effects, *late, heard, now), true;
        if (const RecentIds::Entry* known = ids_of(heard.id).find(heard.id)) {
            // A second copy; of a line of ours that was said without its echo, it tells that echoes do come.
            if (known->is_ours)
                hear_echoes();
            return true;
        }
    }
    if (heard.retained && (payloads_.has(place_of(heard), heard.raw) || was_said_before(heard)))
        return true;
    if (!heard.id.empty() || wiring_.carries_properties)
        return false;
    // MQTT 3.1.1 with plain text has no place for an id: the oldest line of this text is what came back.
    if (OwnLine* line = in_flight_.oldest_with(heard.address, heard.raw))
        return on_echo(effects, *line, heard, now), true;
    if (OwnLine* line = overdue_.oldest_with(heard.address, heard.raw))
        return on_late_echo(effects, *line, heard, now), true;
    return false;
}

void Room::hear_echoes() {
    missing_ = 0;
    hears_echoes_ = true;
}

void Room::on_echo(Effects& effects, OwnLine& back, const Heard& heard, Now now) {
    // The broker delivers in order: what this user said before, and the broker has, does not come any more. A text
    // without an id may be anybody's and proves nothing.
    while (OwnLine* earlier = heard.id.empty() ? nullptr : in_flight_.overtaken_by(back))
        give_up_echo(effects, in_flight_.take(*earlier), now);
    hear_echoes();
    has_told_silence_ = false;
    OwnLine line = in_flight_.take(back);
    say(effects, line, heard.raw, heard.published_at.value_or(now.wall), now, &heard);
    finish(effects, line, now);
    // A new subscription brings what is retained; without an id, the line that the link tries again is another copy.
    if (heard.retained && heard.id.empty() && !line.is_accepted)
        remember_overdue(std::move(line), true, now);
}

/// Of a line that was not confirmed in time, or was said without its echo.
void Room::on_late_echo(Effects& effects, OwnLine& back, const Heard& heard, Now now) {
    hear_echoes();
    OwnLine line = overdue_.take(back);
    if (line.is_shown)
        return keep_echo(effects, line, &heard);
    const Occupant* holder = occupants_.find_nick(line.speaker->folded_nick);
    if (holder && !line.carried && holder->speaker->real != line.speaker->real) {
        auto apart = std::make_shared<Speaker>(*line.speaker);
        apart->nick = nick_apart(apart->nick, origin_);
        line.speaker = std::move(apart);
    }
    say(effects, line, heard.raw, heard.published_at.value_or(now.wall), now, &heard);
}

/// Is it the line of an occupant elsewhere: of another gateway with our key, or of another room here? A sealed line
/// that may have been said and forgotten since is a replay, and so is a stranger's.
bool Room::is_believed(Effects& effects, const Heard& heard, Now now) {
    if (!heard.sealed || heard.id.empty() || !heard.published_at)
        return false;
    // The id of a line of ours, with another body or address: its stanza-id is not theirs to use.
    if (in_flight_.find(heard.id) || overdue_.find(heard.id))
        return false;
    if (*heard.published_at > now.wall + clock_tolerance) {
        if (!has_told_clock_)
            effects.emplace_back(Warn{to_string(address_) + ": lines of the gateway " + heard.origin +
                                      " are not taken for its occupants': its clock is ahead of ours by more than " +
                                      std::to_string(clock_tolerance.count()) + " seconds"});
        has_told_clock_ = true;
        return false;
    }
    // What a gateway lets be retained is old by nature; it is shown with the time that is sealed in it.
    return (heard.retained && wiring_.retains) ||
           *heard.published_at > std::max({born_ - clock_tolerance, said_until_, ids_of(heard.id).forgotten_until()});
}

void Room::say_theirs(Effects& effects, Heard heard, Now now) {
    ids_of(heard.id).add(heard.id, {*heard.published_at, false});
    payloads_.add(place_of(heard), heard.raw, heard.retained);
    const WallTime said_at = heard.said_at.value_or(*heard.published_at);
    Line line;
    line.body = body_of(heard);
    line.id = std::move(heard.sender_id);
    line.stanza_id = std::move(heard.id);
    line.lang = std::move(heard.lang);
    line.answers = answered_by(heard);
    PastLine past;
    past.nick = nick_shown(heard.nick, line.stanza_id, heard.origin);
    past.line = line;
    past.said_at = said_at;
    past.published_at = *heard.published_at;
    // It waited, at its gateway or on the way: by one clock or by two.
    const bool is_late = *heard.published_at - said_at >= noticed || is_late_here(said_at, now);
    show_line(effects, std::move(past), heard.retained || is_late, &heard, now);
    // What is retained, or comes from a mirror and is shown all the same, goes no further.
    if (!heard.retained && !heard.mirror)
        mirror_onward(effects, {line, heard.nick, address_.with_resource(heard.nick), address_, said_at, now.wall}, {});
}

/// A line of nobody's whom we know: an id of our own, a nick that no occupant can have, no power over other lines.
void Room::say_publishers(Effects& effects, Heard heard, Now now) {
    if (!heard.id.empty())
        foreign_.add(heard.id, {now.wall, false});
    auto id = heard.mirror ? std::nullopt : id_across(effects, heard, now);
    if (OwnLine* line = id ? in_flight_.find(*id) : nullptr)
        // Another gateway's copy of this line came from a mirror, and first.
        return on_echo(effects, *line, heard, now);
    payloads_.add(place_of(heard), heard.raw, heard.retained);
    Line line;
    line.body = body_of(heard);
    // Where it was journalled it has an id and a time already: the same should it be read from there again.
    const WallTime heard_at = heard.journal > 0 ? heard.heard_at : now.wall;
    line.stanza_id = id ? *id : heard.stanza_id.empty() ? make_uuid7(now.wall) : heard.stanza_id;
    line.lang = std::move(heard.lang);
    line.answers = answered_by(heard);
    names_.add(line.stanza_id, heard.mirror, heard.message_id);
    const std::string nick = publisher_nick(heard.nick, mark_of(heard.mirror));
    PastLine past;
    past.nick = nick;
    past.line = line;
    past.said_at = past.published_at = heard_at;
    past.heard_id = heard.id;
    show_line(effects, std::move(past), heard.retained || is_late_here(heard_at, now), &heard, now);
    if (id) {
        crossed_.add(*id, {now.wall, true});
        mirror_onward(effects, {line, nick, address_.with_resource(nick), address_, now.wall, now.wall}, {});
    }
}

/// By its stanza-id here. "" where that line is not known: publishers have correlation-ids for much else.
std::string Room::answered_by(const Heard& heard) {
    auto id = names_.stanza_id_of(heard.mirror, heard.answers);
    return id.empty() && is_known(heard.answers) ? heard.answers : id;
}

/// Publishers' lines that crossed are kept apart, so that they cannot make a room forget its occupants'.
RecentIds& Room::ids_of(const std::string& id) { return is_uuid8(id) ? crossed_ : said_; }

/// Of one who speaks elsewhere. A publisher's nick comes marked by the gateway that heard it, and occupants have no
/// such nicks.
std::string Room::nick_shown(const std::string& nick, const std::string& id, const std::string& origin) const {
    std::string folded = fold_nick(nick);
    folded.erase(folded.find_last_not_of(' ') + 1);
    const bool is_marked = folded.ends_with(fold_nick(wiring_.mark)) ||
                           std::ranges::any_of(wiring_.mirrors, [&](const MirrorWiring& mirror) {
                               return folded.ends_with(fold_nick(mirror.mark));
                           });
    return occupants_.find_nick(folded) || (is_marked && !is_uuid8(id)) ? nick_apart(nick, origin) : nick;
}

/// A nick that is taken here, with the gateway of who speaks.
std::string Room::nick_apart(const std::string& nick, const std::string& origin) const {
    std::string apart = nick + " [" + origin.substr(0, shown_of_origin) + "]";
    if (origin.empty() || occupants_.find_nick(fold_nick(apart)))
        apart = nick + " " + wiring_.mark;
    return apart;
}

/// Said long before it is shown: an outage lies between.
bool Room::is_late_here(WallTime said_at, Now now) {
    constexpr std::chrono::seconds unnoticed{10};
    return now.wall - said_at >= unnoticed;
}

Effects Room::on_lost(Now now) {
    ++lost_;
    if (!tell_lost_at_)
        tell_lost_at_ = now.tick + losses_gather;
    return {};
}

void Room::tell_losses(Effects& effects) {
    tell_lost_at_.reset();
    const std::size_t lost = std::exchange(lost_, 0);
    const std::string text = (lost == 1 ? "1 line is" : std::to_string(lost) + " lines are") +
                             " lost: " + reads_what() + " is faster than it can be shown here";
    notice(effects, occupants_.everyone(), text + ".");
    effects.emplace_back(Warn{text});
}

/// Its number in the history.
std::uint64_t Room::show_line(Effects& effects, PastLine line, bool is_delayed, const Heard* heard, Now now) {
    line.shown_at = now.wall;
    const std::uint64_t number = line.number = history_.add(line);
    if (!occupants_.empty())
        effects.emplace_back(ShowLine{occupants_.everyone(), line.nick, line.occupant_id, line.line,
                                      is_delayed ? std::optional{line.said_at} : std::nullopt});
    if (is_persistent())
        effects.emplace_back(KeepLine{std::move(line), heard ? heard->journal : 0, heard ? heard->receipt : nullptr});
    return number;
}

}  // namespace mucbridge
