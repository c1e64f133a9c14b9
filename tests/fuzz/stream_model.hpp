#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/message.hpp"
#include "stream_xml.hpp"

namespace mucbridge::stream_fuzz {

/// A promise was broken: in words.
struct Broken {
    std::string text;
};

/// One occupant as a session was told of it.
struct Seen {
    std::string role, affiliation;
    bool operator==(const Seen&) const = default;
};

/// One session in one room, by nothing but what it was told.
struct Visit {
    bool is_inside = false;
    std::string nick;
    std::map<std::string, Seen> roster;         // by nick, itself among them
    std::set<std::string> ids;                  // of the lines that it got, ever
    std::optional<std::set<std::string>> past;  // while history comes: its ids
    unsigned since = 0;                         // the period in which it came in

    // Of the present period.
    struct Stay {
        bool from_start = false, to_end = false;
        std::vector<std::string> lines;
    };
    std::vector<Stay> stays;
    std::set<std::string> nicks;     // that it had
    std::set<std::string> asked;     // nicks that it asked for
    bool had_voice = false;          // at some moment
    bool was_changed = false;        // came, went, or has another role
    std::set<std::string> jids_of;   // of whom it was shown a real JID before it knew its own role
    std::vector<std::string> joins;  // ids, not answered yet
    unsigned presences_sent = 0;

    std::string role() const;
    void leave();
};

struct Asked {
    std::string to;
    bool is_relayed = false;  // somebody else has to answer
};

/// A client as its peer: what it sent, what it was told.
struct Client {
    unsigned index = 0, life = 0;
    std::string user, bare, full;  // full: "" until bound
    std::string last_full;         // of the life before
    bool is_alive = false;
    bool is_excused = false;  // it did something for which streams are ended
    bool has_closed = false;  // it ended the stream itself
    XmlStream sends, gets;
    std::map<std::string, Visit> visits;                         // by the room's bare JID
    std::map<std::string, std::string> joined_by;                // ids of its joins: rooms
    std::multimap<std::string, Asked> asked;                     // by the iq's id
    std::set<std::pair<std::string, std::string>> sent;          // of all its stanzas: id, to
    std::vector<std::pair<std::string, std::string>> questions;  // iqs that came: id, from
    std::optional<std::string> stream_error;

    Visit* visit(const std::string& room);
    bool has_sent(const std::string& id) const;
};

/// What was said by a client to a room.
struct Said {
    unsigned client = 0, life = 0, period = 0;
    std::string room, id, body;
    bool may = false, must = false;  // appear
    std::set<std::string> nicks;
    bool is_refused = false, is_unconfirmed = false;
    bool is_shown_only = false;  // shown while the broker was away, and refused by it later
    std::string stanza_id;       // once it was shown
    std::size_t published = 0;
};

struct Whisper {
    unsigned client = 0, life = 0;
    std::string room, nick, id, body;
    std::set<std::pair<unsigned, unsigned>> got;  // clients and lives
};

struct RoomModel {
    std::string address;             // "" unknown or none
    std::vector<std::string> order;  // of stanza-ids
    std::map<std::string, std::size_t> place;
    std::set<std::string> hidden_roles;  // that are not broadcast
    std::set<unsigned> changers;         // clients that configured or opened it in this period
    bool was_opened = false;             // in this period
    bool is_configured_oddly = false;    // its configuration is not known for sure
    bool may_be_open = false;            // real JIDs may be seen by everybody
};

/// A line as it came to somebody, to be judged when the period is over.
struct Shown {
    unsigned client = 0;
    std::string room;
    Xml message;
    bool is_past = false;
};

/// A private message as it came to somebody.
struct ShownWhisper {
    unsigned client = 0, life = 0;
    std::string room;
    Xml message;
    std::set<std::string> nicks;  // that it had by then
};

class World {
public:
    explicit World(bool is_mqtt5) : is_mqtt5_(is_mqtt5) {}

    std::vector<Client> clients;

    // What happens.
    void on_sent(Client& client, const Xml& stanza);
    void on_got(Client& client, const Xml& stanza);
    void on_published(const Delivery& publication) { published_.push_back(publication); }
    void on_foreign(const std::string& address, const std::string& token, bool is_retained) {
        ++foreign_[{address, token}];
        if (is_retained)
            retained_.insert({address, token});
    }
    void on_gone(Client& client);  // its session is over
    void on_outage() { had_outage_ = true; }
    void on_refusal() { had_refusal_ = true; }

    /// Everything has run: judges the period, and a new one begins.
    void settle();
    /// The broker is there again and time has passed: nothing is undecided any more.
    void judge_end() const;

    const std::string& room_of(const std::string& jid);  // the bare JID, prepared; "" where it is no room
    RoomModel& model(const std::string& room);
    const std::vector<Said>& said() const { return said_; }
    std::size_t lines_shown() const { return lines_shown_; }

private:
    // stream_sent.cpp
    void on_sent_message(Client& client, const Xml& stanza, const std::string& room, const std::string& to);
    void on_sent_presence(Client& client, const Xml& stanza, const std::string& room);
    void on_sent_iq(Client& client, const Xml& stanza, const std::string& room, const std::string& to);
    void on_configured(Client& client, const std::string& id);
    // stream_seen.cpp
    void on_presence(Client& client, const Xml& stanza);
    void on_own_presence(Client& client, const std::string& room, Visit& visit, const Xml& stanza, const Xml& x);
    void on_message(Client& client, const Xml& stanza);
    void on_room_message(Client& client, const std::string& room, const Xml& stanza);
    void on_notice(const Client& client, const std::string& room, const Xml& stanza);
    void on_error(Client& client, const Xml& stanza);
    void on_iq(Client& client, const Xml& stanza);
    void check_addresses(const Client& client, const Xml& stanza);
    // stream_lines.cpp
    void judge_shown(const Shown& shown);
    void judge_private(const ShownWhisper& shown);
    void judge_foreign(const Shown& shown, const std::string& nick, const std::string& body);
    void judge_published(const Delivery& publication);
    Said* find_said(const std::string& room, const std::string& id, const std::string& body);
    // stream_checks.cpp
    void close_stays();
    void judge_order(const std::string& room);
    void judge_rosters(const std::string& room);
    void judge_answers();
    void begin_period();

    const bool is_mqtt5_;
    bool had_outage_ = false, had_refusal_ = false;
    unsigned period_ = 1;
    std::map<std::string, RoomModel> rooms_;
    std::map<std::string, std::string> names_;  // room_of's answers
    std::vector<Said> said_;
    std::multimap<std::pair<std::string, std::string>, std::size_t> said_by_id_;  // room and id, or body
    std::vector<Whisper> whispers_;
    std::vector<Delivery> published_;
    std::map<std::pair<std::string, std::string>, std::size_t> foreign_;  // how often, by address and token
    std::set<std::pair<std::string, std::string>> retained_;
    std::map<std::pair<std::string, std::string>, std::set<std::string>> foreign_shown_;  // stanza-ids
    std::vector<Shown> shown_;
    std::vector<ShownWhisper> whispers_shown_;
    std::size_t lines_shown_ = 0;
    std::map<std::pair<unsigned, std::string>, std::pair<std::string, Xml>> configurations_;  // asked for
};

[[noreturn]] void fail(const Client& client, std::string_view what, const Xml& stanza);
std::string to_text(const Xml& xml);
std::string bare_of(const std::string& jid);
std::string resource_of(const std::string& jid);
/// "L12L" or "F3F" out of a text that begins with it; "" where there is none.
std::string token_of(std::string_view text);

}  // namespace mucbridge::stream_fuzz
