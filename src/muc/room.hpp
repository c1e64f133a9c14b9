#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include "core/heard.hpp"
#include "muc/affiliations.hpp"
#include "muc/copies.hpp"
#include "muc/effects.hpp"
#include "muc/history.hpp"
#include "muc/last_payloads.hpp"
#include "muc/line_names.hpp"
#include "muc/lines_in_flight.hpp"
#include "muc/occupants.hpp"
#include "muc/options.hpp"
#include "muc/recent_ids.hpp"
#include "muc/requests.hpp"
#include "muc/restored_room.hpp"
#include "muc/rights_rules.hpp"
#include "muc/same_words.hpp"
#include "muc/subject.hpp"
#include "muc/wiring.hpp"

namespace mucbridge {

/// What a persistent room said before it was restored.
struct RestoredLines {
    std::vector<PastLine> past;     // the latest, oldest first
    std::uint64_t next_number = 1;  // of the archive
    bool is_all = false;            // there were none before those
    History::Archive archive;
    std::vector<Said> spooled;  // on disk, not yet at home
};

/// One room, purely: given what happened and the time, it says what is to be done. It touches no socket, broker or
/// clock. XEP-0045; design: the topic is the room, so a line is said when it comes back from the broker.
class Room {
public:
    /// `occupant_id` makes XEP-0421's id of a bare JID in this room.
    Room(Jid address, RoomOptions options, RoomLimits limits, RoomWiring wiring, std::string origin,
         std::function<std::string(const Jid& bare)> occupant_id, Now now);

    /// A room of this name, now gone with the ids that it knew, has said what was published until then: it would be a
    /// copy.
    void has_said_until(WallTime time) { said_until_ = time; }
    /// Of a room that nobody was in yet: a persistent one of an earlier process.
    Effects restore(RestoredRoom restored, Now now);

    // What occupants and would-be occupants do.
    /// A new room subscribes first: the joiner waits for the answer, and what it says meanwhile waits with it.
    Effects on_join(const Visitor& visitor, JoinRequest request, Now now);
    /// Presence to the room's own occupant JID by one who is inside: a new status, or (another nick) a change of nick.
    /// `nick_was_changed`: the service made it of another that was asked for: 210.
    Effects on_presence(const Visitor& visitor, std::string nick, Bytes extra, std::string id, Now now,
                        bool nick_was_changed = false);
    /// <presence type='unavailable'/> to the room.
    Effects on_leave(const Visitor& visitor, Bytes extra, Now now);
    /// The session is gone without a word; statuses: {}, or {333} where what it is sent comes back, which it is told
    /// (XEP-0045 §11.1).
    Effects on_gone(const Visitor& visitor, std::vector<int> statuses, Now now);
    /// `carried`: the line as it came; subject without body is a change of subject.
    /// The receipt is kept until the broker has the line, or it is refused.
    Effects on_groupchat(const Visitor& visitor, Line line, Now now, Receipt receipt = {});
    /// To the occupant of that nick. XEP-0045 §7.5.
    Effects on_private(const Visitor& visitor, const std::string& nick, std::string type, Line line, Now now);

    /// A presence probe for the occupant of that nick: its presence again, for this visitor. XEP-0045 §17.3.
    Effects on_probe(const Visitor& visitor, const std::string& nick, std::string id, Now now);

    // What occupants ask of the room itself, by message. XEP-0045 §7.8, §7.13, §8.6.
    Effects on_invite(const Visitor& visitor, const std::vector<InviteRequest>& invitations, std::string id, Now now);
    /// `to`: whom to tell, as the invitation named them: an occupant JID or a real one.
    Effects on_decline(const Visitor& visitor, const Jid& to, std::string reason, std::string id, Now now);
    Effects on_voice_request(const Visitor& visitor, std::string id, Now now);
    Effects on_voice_answer(const Visitor& visitor, const VoiceAnswer& answer, std::string id, Now now);

    // What they ask of it by iq: the caller answers with the refusal, or with a result after the effects.
    /// All of the items or none. XEP-0045 §8, §9, §10.
    Verdict on_rights(const Visitor& visitor, const std::vector<RightsItem>& items, Now now);
    /// Who has this role or this affiliation.
    std::variant<std::vector<RightsItem>, StanzaError> rights(const Visitor& visitor, const RightsItem& wish) const;
    Verdict on_options(const Visitor& visitor, RoomOptions options, Now now);
    /// Everybody out, and the room forgets its rights and its options. XEP-0045 §10.9.
    Verdict on_destroy(const Visitor& visitor, const Destruction& destruction, Now now);
    /// Reserves the nick for the user. XEP-0045 §7.10.
    Verdict on_register(const Visitor& visitor, const std::string& nick, Now now);
    Verdict on_deregister(const Visitor& visitor, Now now);
    /// The nick that is reserved for the user, "" where there is none; or why the user may not reserve one.
    std::variant<std::string, StanzaError> registration(const Visitor& visitor) const;

    // What the broker does.
    Effects on_wired(RoomWiring wiring, Now now);  // another rule or another protocol after a reload or a reconnect
    Effects on_granted(const Granted& granted, Now now);
    Effects on_broker_up(Now now);
    Effects on_broker_away(const std::string& reason, Now now);
    /// The broker is away or behind, and the disk does not take the line: it waits, unseen. Its speaker is told, once
    /// an outage.
    Effects on_waiting(const std::string& stanza_id, Now now);
    /// It is on disk, and will be published: it is said now.
    Effects on_spooled(const std::string& stanza_id, Now now);
    /// No room left to wait in, or (with the disk's reason) no way to keep it: resource-constraint.
    Effects on_full(const std::string& stanza_id, const std::string& reason, Now now);
    /// Released means that the link tries the same line again: it stays in flight.
    Effects on_settled(const std::string& stanza_id, const Settlement& settlement, Now now);
    /// From home or (heard.mirror) from one of the mirrors.
    Effects on_heard(Heard heard, Now now);
    /// A line from there or from a mirror came when too many waited, and is lost. It is told with those that follow.
    Effects on_lost(Now now);

    // What the mirrors' brokers do.
    Effects on_mirror_up(std::size_t mirror, Now now);
    Effects on_mirror_granted(std::size_t mirror, const Granted& granted, Now now);
    /// Of what Mirror asked for. Released means that the link tries it again.
    Effects on_mirrored(std::size_t mirror, const std::string& stanza_id, const Settlement& settlement, Now now);
    Effects on_mirror_full(std::size_t mirror, const std::string& stanza_id, Now now);

    // room_past.cpp: the lines of a persistent room that was there before.
    Effects restore_lines(RestoredLines restored, Now now);
    /// Without a past: its archive from now on.
    void set_archive(History::Archive archive);
    /// The archive has the line of that number, and all before it.
    void on_archived(std::uint64_t number) { history_.on_archived(number); }

    // Time, and the end.
    Effects on_tick(Now now);
    /// When on_tick() is wanted next; none: not before something happens.
    std::optional<Tick> next_tick() const;
    /// Everybody out: 332. What was held back is published. The room is over.
    Effects on_shutdown(Now now);

    // What others may ask.
    const Jid& address() const;
    const RoomOptions& options() const;
    const Subject& subject() const;
    std::size_t occupant_count() const;
    std::vector<std::string> nicks() const;
    /// Is this session in the room, and under which nick.
    const std::string* nick_of(const Jid& full) const;
    /// Is this session in the room, or waiting to be let in.
    bool knows(const Jid& full) const;
    bool has_nick(const std::string& nick) const;
    /// The session that bears the nick: of several the one that is shown.
    std::optional<Visitor> bearer_of(const std::string& nick) const;
    Affiliation affiliation_of(const Jid& jid) const;
    /// As it was configured or stored. Who is inside keeps the role until the next visit.
    void remember_affiliation(const Jid& bare, Affiliation affiliation);
    /// It is there when nobody is inside, and its changes are told: KeepRoom and those after it.
    bool is_persistent() const;
    /// What users are to it, of those for whom that is kept.
    std::vector<RestoredRoom::Right> kept_rights() const;
    /// Neither affiliation nor nick: nothing is kept.
    RestoredRoom::Right kept_right(const Jid& bare) const;
    /// Lines whose way is not over: published, held back until the subscription is answered, or given to a mirror.
    std::size_t in_flight() const;
    /// Is this line on its way home.
    bool awaits(const std::string& stanza_id);

private:
    /// One who asked to enter before the subscription was answered.
    struct Waiter {
        Visitor visitor;
        JoinRequest request;
        std::vector<std::pair<Line, Receipt>> said;
        bool has_left = false;
    };
    /// Sent, and perhaps declined one day.
    struct Invitation {
        Jid to;  // bare
        std::shared_ptr<const Speaker> inviter;
    };
    enum class Reading { nothing, asked, granted, refused };
    /// How it stands with a mirror. What is told of its troubles is told once, until a connection is new.
    struct MirrorState {
        Copies copies = {};
        bool is_subscribed = false, is_refused = false;
        bool has_told_loss = false;  // of what it did not take, or what home did not take of it
    };

    // room.cpp: wiring, time, the end
    void subscribe(Effects& effects, Now now);
    void answered(Effects& effects, Now now);
    void start_lingering(Now now);
    std::optional<Tick> closing_time() const;
    void close_if_over(Effects& effects, Now now);
    void close(Effects& effects);
    std::string reads_what() const;

    // room_entry.cpp: coming in
    bool must_wait(Now now) const;
    Waiter* find_waiter(const Jid& full);
    std::optional<StanzaError> refusal(const Visitor& visitor, const JoinRequest& request) const;
    std::optional<StanzaError> nick_refusal(const std::string& nick, const Jid& bare, const Occupant* self) const;
    std::string access_words(const std::string& verb, const std::string& what) const;
    void make_owner(Effects& effects, const Jid& bare);
    void enter(Effects& effects, const Visitor& visitor, const JoinRequest& request, Now now);
    void enter_again(Effects& effects, Occupant& occupant, const Visitor& visitor, const JoinRequest& request, Now now);
    void let_in_waiting(Effects& effects, Now now);
    void turn_away_waiting(Effects& effects, const StanzaError& error);
    void turn_away(Effects& effects, const Waiter& waiter, const StanzaError& error) const;
    void show_past(Effects& effects, const Visitor& visitor, const HistoryWish& wish, Now now) const;

    // room_presence.cpp: an occupant's own presence
    void change_nick(Effects& effects, Occupant& occupant, const Visitor& visitor, const std::string& nick, Bytes extra,
                     std::string id, bool nick_was_changed);
    void go(Effects& effects, const Visitor& visitor, Bytes extra, std::vector<int> statuses, bool with_goodbye,
            Now now);
    void remove_occupants(Effects& effects, const std::vector<Occupant*>& leaving, ShowPresence how, Now now);

    // room_view.cpp: being seen
    bool sees_jids(Role role) const { return !options_.semi_anonymous || role == Role::moderator; }
    std::shared_ptr<const Speaker> make_speaker(const std::string& nick, const Jid& bare) const;
    OccupantView view(const Occupant& occupant, Bytes extra, const Jid* real) const;
    void show_occupants(Effects& effects, const Occupant& viewer, const Audience& to) const;
    void show_absent(Effects& effects, const Occupant& viewer, const Audience& to) const;
    ShowPresence view_present(const Occupant& occupant, bool with_jid, const Audience& to) const;
    ShowPresence view_absent(const Jid& bare, const std::string& nick, bool with_jid, const Audience& to) const;
    std::optional<ShowPresence> view_by_nick(const std::string& nick, bool with_jid, const Audience& to) const;
    void show_to_others(Effects& effects, const Occupant& occupant, const ShowPresence& shown, const Jid& real) const;
    void show_to(Effects& effects, const Occupants::Others& to, const Occupant& occupant, const ShowPresence& shown,
                 const Jid& real) const;
    void show_to_self(Effects& effects, const Occupant& occupant, ShowPresence shown, const Audience& to,
                      const Jid* real = nullptr) const;
    void show_changed(Effects& effects, const Occupant& occupant, Role before, ShowPresence how) const;
    void show_affiliation(Effects& effects, ShowAffiliation shown) const;

    // room_rights.cpp: who is what
    bool is_administrator(const Jid& jid) const;
    Rank rank_of(const Jid& jid) const;
    Actor actor_of(const Visitor& visitor) const;
    std::variant<RightsItem, StanzaError> to_change(const Visitor& visitor, RightsItem item) const;
    const Occupant* find_meant(const RightsItem& item) const;
    std::optional<StanzaError> refuse_change(const Visitor& visitor, const RightsItem& change) const;
    std::optional<StanzaError> refuse_reservation(const Visitor& visitor, const Rank& actor,
                                                  const RightsItem& change) const;
    std::optional<StanzaError> refuse_together(const std::vector<RightsItem>& changes) const;
    void change_role(Effects& effects, const RightsItem& change, const std::optional<Actor>& actor, Now now);
    void change_affiliation(Effects& effects, const RightsItem& change, const std::optional<Actor>& actor, Now now);
    std::vector<Occupant*> find_affected(const Jid& user);
    void keep(Effects& effects, const RightsItem& change);
    void make_way(Effects& effects, const RightsItem& change, Now now);
    void change_absent(Effects& effects, const RightsItem& change, Affiliation before,
                       const std::optional<Actor>& actor);
    std::optional<int> removal_status(Affiliation affiliation) const;

    // room_sight.cpp: who comes to see more, or less
    std::unordered_set<const Occupant*> moderators() const;
    void show_jids_anew(Effects& effects, const std::unordered_set<const Occupant*>& moderators_before) const;
    void show_all_to(Effects& effects, const std::vector<const Occupant*>& viewers, bool with_jids) const;

    // room_options.cpp: another configuration
    void remove_strangers(Effects& effects, Now now);
    void show_configured(Effects& effects, RoomOptions before) const;
    void show_broadcast(Effects& effects, const PresenceBroadcast& before) const;

    // room_persistent.cpp: what outlives its occupants
    bool keeps(const Jid& bare) const;
    void set_standing(Effects& effects, const Jid& bare, Affiliations::Standing standing);
    void keep_change(Effects& effects, Effect change) const;
    void keep_options(Effects& effects, bool was_persistent, Now now);
    void follow_rule(Effects& effects, Now now);
    std::optional<StanzaError> refuse_persistence(bool wish) const;
    std::optional<StanzaError> refuse_one_more() const;

    // room_restore.cpp
    bool is_orphaned() const;

    // room_destroy.cpp
    void forget();

    // room_speech.cpp: what occupants say
    Effects say_published(const Occupant& occupant, const Visitor& visitor, Line line, Receipt receipt, Now now);
    Effects say_unpublished(const Occupant& occupant, const Visitor& visitor, Line line, Now now);
    void send_home(Effects& effects, OwnLine line, Now now);
    void publish(Effects& effects, OwnLine& line, Now now);
    void publish_held_back(Effects& effects, Now now);
    void show_unpublished(Effects& effects, Unpublished what, Now now);
    void notice(Effects& effects, Audience to, std::string text) const;

    static StanzaError not_inside();
    static Effects refuse_message(const Visitor& visitor, std::string nick, std::string id, std::string type,
                                  StanzaError error);

    // room_registration.cpp: reserved nicks
    std::optional<StanzaError> refuse_registration(const Jid& bare) const;
    void show_again(Effects& effects, const Jid& bare) const;

    // room_invitations.cpp: who is asked in
    std::optional<StanzaError> refuse_invitations(const Occupant& inviter,
                                                  const std::vector<InviteRequest>& invitations) const;
    void invite(Effects& effects, const Occupant& inviter, const InviteRequest& request, const std::string& id);

    // room_voice.cpp: who asks to speak
    const Occupant* find_asker(const VoiceAnswer& answer) const;

    // room_echo.cpp: what becomes of a line
    bool expects_echoes() const;
    void say(Effects& effects, OwnLine& line, std::string_view payload, WallTime published_at, Now now,
             const Heard* heard = nullptr);
    void keep_echo(Effects& effects, const OwnLine& line, const Heard* heard) const;
    void show_behind(Effects& effects, OwnLine& line, Now now);
    void say_unechoed(Effects& effects, OwnLine line, Now now);
    void finish(Effects& effects, OwnLine& line, Now now);
    void refuse_line(Effects& effects, OwnLine line, const StanzaError& error, Now now);
    void miss_echo(Effects& effects, OwnLine& line, Now now);
    void give_up_echo(Effects& effects, OwnLine line, Now now);
    void tell_speaker(Effects& effects, const OwnLine& line, std::string text) const;
    void stop_expecting(Effects& effects, Now now);
    void say_awaited(Effects& effects, Now now);
    void remember_overdue(OwnLine line, bool is_shown, Now now);
    void forget_overdue(Now now);

    // room_mirror.cpp: what crosses from broker to broker
    void set_wiring(RoomWiring wiring);
    void subscribe_mirrors(Effects& effects);
    void unsubscribe_mirrors(Effects& effects);
    void mirror_onward(Effects& effects, const Said& said, std::optional<std::size_t> except);
    void hear_mirror(Effects& effects, Heard heard, Now now);
    bool is_copy(const Heard& heard, Now now);
    bool is_known(const std::string& id);
    std::string answered_by(const Heard& heard);
    std::optional<std::string> id_across(Effects& effects, const Heard& heard, Now now);
    void carry_home(Effects& effects, Heard heard, std::string id, bool is_occupants, Now now);
    void lose(Effects& effects, std::size_t mirror, const std::string& text);
    std::string mark_of(const std::optional<std::size_t>& mirror) const;
    std::size_t copies_on_their_way() const;

    // room_heard.cpp: what the broker delivers
    bool take_as_own(Effects& effects, const Heard& heard, Now now);
    void hear_echoes();
    void on_echo(Effects& effects, OwnLine& back, const Heard& heard, Now now);
    void on_late_echo(Effects& effects, OwnLine& back, const Heard& heard, Now now);
    bool is_believed(Effects& effects, const Heard& heard, Now now);
    void say_theirs(Effects& effects, Heard heard, Now now);
    void say_publishers(Effects& effects, Heard heard, Now now);
    RecentIds& ids_of(const std::string& id);
    std::string nick_shown(const std::string& nick, const std::string& id, const std::string& origin) const;
    std::string nick_apart(const std::string& nick, const std::string& origin) const;
    /// `heard`: as what it came; null where it did not.
    std::uint64_t show_line(Effects& effects, PastLine line, bool is_delayed, const Heard* heard, Now now);
    static bool is_late_here(WallTime said_at, Now now);
    bool was_said_before(const Heard& retained) const;
    void tell_losses(Effects& effects);

    Jid address_;
    RoomOptions options_, first_options_;
    RoomLimits limits_;
    RoomWiring wiring_;
    std::shared_ptr<const std::string> home_;  // of the wiring, shared by the lines published there
    std::string origin_;
    std::function<std::string(const Jid& bare)> occupant_id_;
    Affiliations affiliations_;

    Occupants occupants_;
    std::deque<Waiter> waiting_;
    std::deque<Invitation> invitations_;  // the latest last
    bool is_open_ = false;                // somebody has entered, or it was restored
    bool is_destroyed_ = false;           // and nobody has entered since
    std::optional<Tick> lingers_until_;
    std::optional<Tick> last_said_;

    Reading reading_ = Reading::nothing;
    std::optional<Tick> go_on_at_;   // more are let in, where more wait
    std::optional<Tick> answer_by_;  // how long to wait for the subscription's answer
    bool is_away_ = false;
    std::uint64_t outage_ = 0;      // how often the broker went away
    std::set<Jid> told_of_outage_;  // speakers
    bool hears_echoes_ = true;      // false: the room no longer waits for them
    bool has_told_silence_ = false;
    bool has_told_clock_ = false;
    int missing_ = 0;  // echoes, in a row

    LinesInFlight in_flight_;
    LineTable overdue_;  // home without an echo, which may still come
    std::size_t unpublished_ = 0;
    RecentIds said_, foreign_;
    RecentIds crossed_;  // of publishers' lines that went from broker to broker
    SameWords same_words_;
    LineNames names_;
    std::optional<Tick> told_of_loop_;
    std::vector<MirrorState> mirrors_;
    WallTime born_, said_until_ = WallTime::min();
    LastPayloads payloads_;
    std::size_t lost_ = 0;  // lines, of which nobody was told
    std::optional<Tick> tell_lost_at_;
    std::unordered_set<std::size_t> restored_words_;  // hashes of publishers' lines, said before the room was restored
    History history_;
    Subject subject_;
};

}  // namespace mucbridge
