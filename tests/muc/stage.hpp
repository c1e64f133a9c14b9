#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "muc/room.hpp"

namespace mucbridge {

using Strings = std::vector<std::string>;

inline Bytes bytes(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

/// A session by its number, of a user by name: romeo's session 1 is romeo@localhost/1.
inline Visitor session(const std::string& user, std::uint64_t number) {
    return {{0, 0, number}, {user, "localhost", std::to_string(number)}};
}

inline std::string to_text(const Actor& actor) {
    const std::string jid = actor.real_jid ? to_string(*actor.real_jid) : "";
    return actor.nick + (actor.nick.empty() || jid.empty() ? "" : " ") + jid;
}

inline std::string to_text(const Audience& to) {
    std::string text;
    for (const Route& route : *to)
        text += (text.empty() ? "" : ",") + std::to_string(route.session);
    return text;
}

/// What a room wants done, as a line of text: "1,2 < romeo: But soft", "3 < [juliet participant none 110 201]".
struct InWords {
    std::string operator()(const ShowPresence& shown) const {
        std::ostringstream text;
        text << to_text(shown.to) << " < [" << (shown.available ? "" : "gone ") << shown.occupant.nick << ' '
             << to_string(shown.occupant.role) << ' ' << to_string(shown.occupant.affiliation);
        if (shown.occupant.real_jid)
            text << " is " << to_string(*shown.occupant.real_jid);
        if (!shown.new_nick.empty())
            text << " now " << shown.new_nick;
        for (const int status : shown.statuses)
            text << ' ' << status;
        if (!shown.id.empty())
            text << " id " << shown.id;
        if (shown.occupant.extra)
            text << ' ' << *shown.occupant.extra;
        if (shown.actor)
            text << " by " << to_text(*shown.actor);
        if (!shown.reason.empty())
            text << " for '" << shown.reason << '\'';
        if (shown.destruction)
            text << " destroyed"
                 << (shown.destruction->alternate ? " to " + to_string(*shown.destruction->alternate) : "") << " for '"
                 << shown.destruction->reason << '\'';
        return text.str() + "]";
    }
    std::string operator()(const ShowLine& shown) const {
        std::string text = to_text(shown.to) + " < " + shown.nick + ": ";
        if (shown.line.subject)
            text += "subject '" + *shown.line.subject + "'";
        text += shown.line.body.value_or("");
        if (shown.line.extra)
            text += *shown.line.extra;
        return text + (shown.delayed ? " (delayed)" : "");
    }
    std::string operator()(const ShowPrivate& shown) const {
        return std::to_string(shown.to.session) + " < " + shown.type + " of " + shown.nick + ": " +
               shown.line.body.value_or("");
    }
    std::string operator()(const ShowAffiliation& shown) const {
        std::ostringstream text;
        text << to_text(shown.to) << " < " << to_string(shown.jid) << " becomes " << to_string(shown.affiliation);
        for (const int status : shown.statuses)
            text << ' ' << status;
        if (!shown.reason.empty())
            text << " for '" << shown.reason << '\'';
        return text.str();
    }
    std::string operator()(const ShowConfigured& shown) const {
        std::string text = to_text(shown.to) + " < configured";
        for (const int status : shown.statuses)
            text += ' ' + std::to_string(status);
        return text;
    }
    std::string operator()(const Invite& invite) const {
        std::string text = to_string(invite.to) + " < invited by " + to_string(invite.from);
        if (!invite.id.empty())
            text += " id " + invite.id;
        if (!invite.reason.empty())
            text += " for '" + invite.reason + '\'';
        if (invite.continues)
            text += " continues" + (invite.thread.empty() ? "" : ' ' + invite.thread);
        return text + (invite.password.empty() ? "" : " password " + invite.password);
    }
    std::string operator()(const ShowDecline& decline) const {
        return std::to_string(decline.to.session) + " < declined by " + to_string(decline.from) +
               (decline.id.empty() ? "" : " id " + decline.id) +
               (decline.reason.empty() ? "" : " for '" + decline.reason + '\'');
    }
    std::string operator()(const AskForVoice& wish) const {
        return to_text(wish.to) + " < " + wish.nick + " wants voice, is " + to_string(wish.real_jid);
    }
    std::string operator()(const Refuse& refuse) const {
        return std::to_string(refuse.to.session) + " < " +
               (refuse.kind == Refuse::Kind::presence ? "refused " : "refused message ") + refuse.nick +
               (refuse.nick.empty() ? "" : " ") + std::string{to_string(refuse.error.condition)} + ' ' +
               std::string{to_string(refuse.error.type)};
    }
    std::string operator()(const Notice& notice) const { return to_text(notice.to) + " < notice"; }
    std::string operator()(const Publish& publish) const {
        return "publish " + publish.said.nick + ": " + publish.said.line.body.value_or("");
    }
    std::string operator()(const Mirror& mirror) const {
        return "mirror " + std::to_string(mirror.mirror) + ' ' + mirror.said.nick + ": " +
               mirror.said.line.body.value_or("");
    }
    std::string operator()(const Home&) const { return "home"; }
    std::string operator()(const EchoMissed&) const { return {}; }  // a number for the operator, not a deed
    std::string operator()(const NotMirrored&) const { return {}; }
    std::string operator()(const Subscribe& wish) const { return "subscribe" + of_mirror(wish.mirror); }
    std::string operator()(const Unsubscribe& wish) const { return "unsubscribe" + of_mirror(wish.mirror); }
    std::string operator()(const Close&) const { return "close"; }
    std::string operator()(const KeepLine&) const { return "keep line"; }
    std::string operator()(const KeepEcho&) const { return "keep echo"; }
    std::string operator()(const Warn&) const { return "warn"; }
    std::string operator()(const KeepRoom&) const { return "keep room"; }
    std::string operator()(const KeepOptions&) const { return "keep options"; }
    std::string operator()(const KeepRight& keep) const { return "keep right of " + to_string(keep.bare); }
    std::string operator()(const KeepSubject&) const { return "keep subject"; }
    std::string operator()(const ForgetKept&) const { return "forget kept"; }

    static std::string of_mirror(std::optional<std::size_t> mirror) {
        return mirror ? " mirror " + std::to_string(*mirror) : "";
    }
};

inline Strings in_words(const Effects& effects) {
    Strings words;
    for (const Effect& effect : effects)
        if (auto text = std::visit(InWords{}, effect); !text.empty())
            words.push_back(std::move(text));
    return words;
}

/// The first effect of its kind. Null where there is none.
template <class T>
const T* first(const Effects& effects) {
    for (const Effect& effect : effects)
        if (const T* found = std::get_if<T>(&effect))
            return found;
    return nullptr;
}

inline RoomWiring both_ways() { return {.home = "foo/bar", .mark = "[main]"}; }
/// MQTT 3.1.1 with payload text.
inline RoomWiring bare_text() {
    return {.home = "foo/bar", .mark = "[main]", .carries_properties = false, .tells_refusals = false};
}
/// MQTT 3.1.1 with payload json, or MQTT 5 at QoS 0.
inline RoomWiring silent() { return {.home = "foo/bar", .mark = "[main]", .tells_refusals = false}; }
inline RoomWiring writes_only() { return {.reads = false, .reads_own = false, .home = "foo/bar", .mark = "[main]"}; }
inline RoomWiring reads_only() { return {.writes = false, .reads_own = false, .mark = "[main]", .filters = "foo/#"}; }

/// A room, and a hand-wound clock.
struct Stage {
    explicit Stage(RoomWiring wiring = both_ways(), RoomOptions options = {}, RoomLimits limits = {})
        : room{Jid{"foo.bar", "rooms.localhost", ""},
               std::move(options),
               limits,
               std::move(wiring),
               "0123456789abcdef",
               [](const Jid& bare) { return "id-of-" + bare.local; },
               now} {}

    Now now{Tick{std::chrono::hours{1}}, WallTime{std::chrono::hours{24 * 365 * 56}}};
    Room room;
    Strings published;  // ids, in order

    void wait(std::chrono::milliseconds time) {
        now.tick += time;
        now.wall += time;
    }
    /// Keeps the ids of what is published.
    Effects note(Effects effects) {
        for (const Effect& effect : effects)
            if (const auto* publish = std::get_if<Publish>(&effect))
                published.push_back(publish->said.line.stanza_id);
        return effects;
    }
    Strings words(Effects effects) { return in_words(note(std::move(effects))); }

    Effects joins(const Visitor& visitor, const std::string& nick, JoinRequest request = {}) {
        request.nick = nick;
        return note(room.on_join(visitor, std::move(request), now));
    }
    /// Lets in romeo (session 1), the owner, and juliet (2), a participant.
    void open() {
        joins(session("romeo", 1), "romeo");
        note(room.on_granted({true}, now));
        joins(session("juliet", 2), "juliet");
    }
    Strings says(const Visitor& visitor, const std::string& body, Receipt receipt = {}) {
        Line line;
        line.id = "id of " + body;
        line.body = body;
        return words(room.on_groupchat(visitor, std::move(line), now, std::move(receipt)));
    }
    Strings types(const Visitor& visitor, const std::string& state) {
        Line line;
        line.extra = bytes("<" + state + "/>");
        return words(room.on_groupchat(visitor, std::move(line), now));
    }
    Strings sets_subject(const Visitor& visitor, const std::string& subject) {
        Line line;
        line.subject = subject;
        return words(room.on_groupchat(visitor, std::move(line), now));
    }
    Strings leaves(const Visitor& visitor) { return words(room.on_leave(visitor, nullptr, now)); }

    Strings accepted(const std::string& id) { return words(room.on_settled(id, {Settlement::Outcome::accepted}, now)); }
    Strings rejected(const std::string& id, const std::string& reason) {
        return words(room.on_settled(id, {Settlement::Outcome::rejected, reason}, now));
    }
    /// A line sealed by a gateway with our key.
    Heard sealed(const std::string& id, const std::string& nick, const std::string& body) const {
        Heard heard;
        heard.address = "foo/bar";
        heard.id = id;
        heard.origin = "fedcba9876543210";
        heard.sealed = true;
        heard.nick = nick;
        heard.body = heard.raw = body;
        heard.said_at = heard.published_at = now.wall;
        return heard;
    }
    /// What anybody publishes.
    static Heard plain(const std::string& nick, const std::string& body, const std::string& id = "") {
        Heard heard;
        heard.address = "foo/bar";
        heard.id = id;
        heard.nick = nick;
        heard.body = heard.raw = body;
        return heard;
    }
    Strings hears(Heard heard) { return words(room.on_heard(std::move(heard), now)); }
    Strings ticks() { return words(room.on_tick(now)); }
    /// Waits until the room wants to be woken, and wakes it.
    Strings sleeps() {
        const auto next = room.next_tick();
        REQUIRE(next.has_value());
        wait(std::max(std::chrono::milliseconds{0}, std::chrono::ceil<std::chrono::milliseconds>(*next - now.tick)));
        return ticks();
    }
};

inline const Visitor romeo = session("romeo", 1), juliet = session("juliet", 2), tybalt = session("tybalt", 3);

}  // namespace mucbridge

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
    static String convert(const std::vector<std::string>& strings) {
        std::string text;
        for (const auto& each : strings)
            text += "\n    " + each;
        return text.c_str();
    }
};
}  // namespace doctest
