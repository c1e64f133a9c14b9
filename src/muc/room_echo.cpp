#include <algorithm>

#include "core/utf8.hpp"
#include "muc/nick.hpp"
#include "muc/room.hpp"

namespace mucbridge {
namespace {

/// How long a line that nobody confirmed is remembered, for its echo may be late.
constexpr std::chrono::minutes overdue_is_remembered{5};
/// How much of a line a notice quotes, in bytes.
constexpr std::size_t quoted_bytes = 60;

std::string quote(const std::string& body) {
    const std::string_view part = cut_utf8(body, quoted_bytes);
    return '"' + std::string{part} + (part.size() < body.size() ? "…\"" : "\"");
}

}  // namespace

Effects Room::on_waiting(const std::string& stanza_id, Now) {
    Effects effects;
    const OwnLine* line = in_flight_.find(stanza_id);
    if (!line || line->carried || line->is_shown)
        return effects;
    if (told_of_outage_.insert(line->speaker->real).second)
        tell_speaker(effects, *line,
                     std::string(is_away_ ? "The broker is away" : "The broker is behind") +
                         ", and what you say cannot be kept on disk: it waits, and is shown when the broker has it.");
    return effects;
}

/// S6: on disk, and so the room goes on with it. Whoever is elsewhere hears it when the broker has it.
Effects Room::on_spooled(const std::string& stanza_id, Now now) {
    Effects effects;
    OwnLine* line = in_flight_.find(stanza_id);
    if (!line || line->is_shown)
        return effects;
    line->receipt.reset();
    // What its speaker said before, and the broker has, is not overtaken.
    while (OwnLine* earlier = in_flight_.overtaken_by(*line))
        say_unechoed(effects, in_flight_.take(*earlier), now);
    say(effects, *line, *line->line.body, now.wall, now);
    in_flight_.on_shown(*line);
    if (is_away_ && !line->carried && told_of_outage_.insert(line->speaker->real).second)
        tell_speaker(effects, *line,
                     "The broker is away: what you say is shown here, kept, and published when the broker is back.");
    show_behind(effects, *line, now);
    close_if_over(effects, now);
    return effects;
}

Effects Room::on_full(const std::string& stanza_id, const std::string& reason, Now now) {
    Effects effects;
    OwnLine* line = in_flight_.find(stanza_id);
    if (!line || line->is_shown)
        return effects;
    const std::string trouble = is_away_ ? "the broker is away" : "the broker is behind";
    const std::string full = "no more lines can wait for it (queue_lines, queue_bytes)";
    refuse_line(
        effects, in_flight_.take(*line),
        {Condition::resource_constraint,
         trouble + ", and " + (reason.empty() ? full : "the line cannot be kept on disk: " + reason), ErrorType::wait},
        now);
    return effects;
}

Effects Room::on_settled(const std::string& stanza_id, const Settlement& settlement, Now now) {
    Effects effects;
    OwnLine* line = in_flight_.find(stanza_id);
    if (!line || line->is_accepted)
        return effects;
    switch (settlement.outcome) {
        case Settlement::Outcome::released:
            break;
        case Settlement::Outcome::rejected:
            refuse_line(
                effects, in_flight_.take(*line),
                {Condition::not_allowed, "the broker refuses this line: " + settlement.reason, ErrorType::cancel}, now);
            break;
        case Settlement::Outcome::accepted:
            line->receipt.reset();
            if (!expects_echoes()) {
                say_unechoed(effects, in_flight_.take(*line), now);
                close_if_over(effects, now);
                break;
            }
            line->outage = outage_;
            in_flight_.await(*line, now.tick + limits_.echo_wait);
            break;
    }
    return effects;
}

bool Room::expects_echoes() const {
    const bool is_subscribed = reading_ == Reading::granted || reading_ == Reading::asked;
    return wiring_.reads && wiring_.reads_own && is_subscribed && hears_echoes_;
}

/// To everyone inside, as it was said; once. `published_at` is that of the latest publication, as far as it is known.
void Room::say(Effects& effects, OwnLine& line, std::string_view payload, WallTime published_at, Now now,
               const Heard* heard) {
    const std::string& id = line.line.stanza_id;
    const Speaker& speaker = *line.speaker;
    payloads_.add(*line.address, payload, false);
    if (line.is_shown) {
        ids_of(id).renew(id, {published_at, true});
        return keep_echo(effects, line, heard);
    }
    ids_of(id).add(id, {published_at, true});
    PastLine past;
    past.nick = line.carried ? nick_shown(speaker.nick, id, line.carried->origin) : speaker.nick;
    past.occupant_id = speaker.occupant_id;
    past.line = line.line;
    past.said_at = line.said_at;
    past.published_at = published_at;
    past.is_ours = true;
    line.past = show_line(effects, std::move(past), is_late_here(line.said_at, now), heard, now);
    mirror_onward(effects, {line.line, speaker.nick, speaker.occupant, address_, line.said_at, now.wall},
                  line.carried ? std::optional{line.carried->mirror} : std::nullopt);
}

void Room::keep_echo(Effects& effects, const OwnLine& line, const Heard* heard) const {
    if (is_persistent() && heard && heard->journal > 0)
        effects.emplace_back(KeepEcho{line.past, heard->journal, heard->receipt});
}

/// The broker has it, and it does not come back, or not in time.
void Room::say_unechoed(Effects& effects, OwnLine line, Now now) {
    say(effects, line, *line.line.body, now.wall, now);
    finish(effects, line, now);
    if (wiring_.reads_own && !wiring_.carries_properties)
        remember_overdue(std::move(line), true, now);
}

void Room::finish(Effects& effects, OwnLine& line, Now now) {
    effects.emplace_back(Home{line.line.stanza_id});
    show_behind(effects, line, now);
}

/// What waited behind it, unpublished.
void Room::show_behind(Effects& effects, OwnLine& line, Now now) {
    for (Unpublished& what : line.behind) {
        --unpublished_;
        show_unpublished(effects, std::move(what), now);
    }
    line.behind.clear();
}

void Room::refuse_line(Effects& effects, OwnLine line, const StanzaError& error, Now now) {
    if (line.carried)
        lose(effects, line.carried->mirror, error.text);
    else if (line.is_shown)
        effects.emplace_back(Refuse{line.route,
                                    Refuse::Kind::message,
                                    {},
                                    line.line.id,
                                    "groupchat",
                                    {error.condition, "shown here, but not published: " + error.text, error.type}});
    else
        effects.emplace_back(Refuse{line.route, Refuse::Kind::message, {}, line.line.id, "groupchat", error});
    finish(effects, line, now);
    close_if_over(effects, now);
}

/// The deadline of an accepted line passed without its echo.
void Room::miss_echo(Effects& effects, OwnLine& line, Now now) {
    // What an outage swallowed tells nothing of the right to read.
    const bool counts = line.outage == outage_ && reading_ == Reading::granted;
    effects.emplace_back(EchoMissed{wiring_.tells_refusals});
    give_up_echo(effects, in_flight_.take(line), now);
    if (counts && ++missing_ >= limits_.missing_echoes && hears_echoes_)
        stop_expecting(effects, now);
}

/// Said anyway where the broker told that it has the line; else nobody knows, and its speaker is told just that.
void Room::give_up_echo(Effects& effects, OwnLine line, Now now) {
    if (wiring_.tells_refusals || line.is_shown)
        return say_unechoed(effects, std::move(line), now);
    if (line.carried)
        lose(effects, line.carried->mirror, "the broker does not confirm this line");
    else
        tell_speaker(effects, line,
                     "Not confirmed: " + quote(*line.line.body) + " may not have reached " + *line.address + ".");
    finish(effects, line, now);
    remember_overdue(std::move(line), false, now);
}

/// Were it groupchat, a session that has left would not know what to do with it (XEP-0045 §7.14).
void Room::tell_speaker(Effects& effects, const OwnLine& line, std::string text) const {
    const auto is_speaker = [&](const Attendance& session) { return session.route == line.route; };
    const bool is_inside = std::ranges::any_of(occupants_.of_user(line.speaker->real), [&](const Occupant* occupant) {
        return std::ranges::any_of(occupant->sessions, is_speaker);
    });
    effects.emplace_back(Notice{make_audience(line.route), std::move(text), is_inside});
}

void Room::stop_expecting(Effects& effects, Now now) {
    hears_echoes_ = false;
    if (!has_told_silence_) {
        has_told_silence_ = true;
        const std::string text = "what is published at " + wiring_.home +
                                 " does not come back: probably the broker denies reading " + wiring_.home;
        notice(effects, occupants_.everyone(),
               "Lines are shown without waiting for their return, for " + text + ". What others say may be missing.");
        effects.emplace_back(Warn{to_string(address_) + ": " + text});
    }
    say_awaited(effects, now);
}

/// Nothing comes back any more: what the broker has is said.
void Room::say_awaited(Effects& effects, Now now) {
    for (OwnLine* line : in_flight_.awaited())
        say_unechoed(effects, in_flight_.take(*line), now);
}

void Room::remember_overdue(OwnLine line, bool is_shown, Now now) {
    forget_overdue(now);
    if (overdue_.size() >= limits_.lines_in_flight && overdue_.oldest())
        overdue_.take(*overdue_.oldest());
    line.is_shown = is_shown;
    line.deadline = now.tick + overdue_is_remembered;
    OwnLine& added = overdue_.add(std::move(line));
    if (!wiring_.carries_properties)
        overdue_.index_text(added);
}

void Room::forget_overdue(Now now) {
    while (overdue_.oldest() && overdue_.oldest()->deadline <= now.tick)
        overdue_.take(*overdue_.oldest());
}

}  // namespace mucbridge
