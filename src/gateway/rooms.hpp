#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/broker.hpp"
#include "gateway/archiver.hpp"
#include "gateway/closed_rooms.hpp"
#include "gateway/counters.hpp"
#include "gateway/inbox.hpp"
#include "gateway/iq_relay.hpp"
#include "gateway/loop.hpp"
#include "gateway/resent_lines.hpp"
#include "mapping/mapper.hpp"
#include "muc/room.hpp"
#include "store/store.hpp"
#include "xml/element.hpp"
#include "xmpp/disco.hpp"

namespace mucbridge {

class Hub;

/// The rooms that live on one loop: stanzas and deliveries go in, what the room decides is carried out.
class Rooms {
public:
    Rooms(Hub& hub, unsigned loop);

    /// A stanza to "room@service" or "room@service/nick" whose room lives here. Whatever door it came through.
    /// The receipt of a line is kept until the line is safe.
    void on_stanza(const Visitor& visitor, const Element& stanza, const Jid& to, Receipt receipt = {});
    /// The session ended without leaving.
    void on_gone(const Visitor& visitor, const std::string& room);

    // From a link of the room's home or mirrors.
    void on_link_up(const std::string& broker, const BrokerFacts& facts);
    void on_link_away(const std::string& broker, const std::string& reason);
    void on_granted(const std::string& broker, const std::string& room, const std::string& filter,
                    const Granted& granted);
    // A line by its key, as the link knows it (line_key.hpp).
    void on_spooled(const std::string& room, const std::string& key);
    void on_waiting(const std::string& room, const std::string& key);
    void on_full(const std::string& room, const std::string& key, const std::string& reason);
    void on_settled(const std::string& broker, const std::string& room, const std::string& key,
                    const Settlement& settlement);
    void on_turn(const std::shared_ptr<Turn>& turn);

    /// Everybody out, with 332.
    void shut_down();

    // rooms_restore.cpp: before the loop runs, what an earlier process left. Errors name the room.
    /// `spooled`: its lines that its home's broker does not have yet.
    Result<void> restore(const KeptRoom& kept, std::vector<Said> spooled, Tables& tables);
    /// A room that its rule makes persistent, whether or not somebody entered it yet.
    Result<void> open_persistent(const Jid& address);
    /// What was journalled and not settled.
    void replay(const std::string& broker, const Delivery& delivery, Tables& tables);

    std::vector<DiscoItem> list(const std::string& domain) const;  // the rooms that may be listed, in any order
    /// Is this session in the room of that name, or waiting to be let in.
    bool knows(const std::string& room, const Jid& full) const;
    std::size_t count() const { return hosts_.size(); }
    std::size_t occupant_count() const;
    std::size_t in_flight() const;
    Archiver& archiver() { return archiver_; }
    const Counters& counters() const { return counters_; }

private:
    /// A room and what connects it to the rest.
    using Answers = std::map<std::string, std::optional<Granted>>;  // by filter
    struct Host {
        std::string name;  // the room's bare JID
        Room room;
        std::shared_ptr<const Binding> binding;
        Answers answers;
        std::optional<Loop::TimerId> alarm;
        bool is_closed = false;
        Tick opened = {};
        bool is_lasting = false;     // counted as persistent
        bool is_configured = false;  // its owner submitted the form, or took the room as it is
        std::map<std::size_t, Answers> mirror_answers = {};
        std::vector<Store::Job> unsaved = {};  // what the disk does not have yet of what is kept of the room
        IqRelay relay = {};

        const AddressBinding& place(std::optional<std::size_t> mirror) const {
            return mirror ? binding->mirrors.at(*mirror) : *binding;
        }
        Answers& answers_of(std::optional<std::size_t> mirror) { return mirror ? mirror_answers[*mirror] : answers; }
    };
    struct LinkState {
        bool up = false;
        BrokerFacts facts;
        std::string reason;
    };

    void on_delivery(Host& host, const std::string& broker, const Delivery& delivery);

    // rooms.cpp: presence
    void on_presence(const Visitor& visitor, const Element& presence, const Jid& to);
    void on_probe(const Visitor& visitor, const Element& presence, const Jid& to);
    /// `host` is null where there is no such room yet.
    void enter(const Visitor& visitor, const Element& presence, const Jid& to, Host* host);

    // rooms_message.cpp
    void on_message(const Visitor& visitor, const Element& message, const Jid& to, Receipt receipt);
    void on_groupchat(Host& host, const Visitor& visitor, const Element& message, const Jid& to, Receipt receipt);
    void on_word_to_room(Host& host, const Visitor& visitor, const Element& message);
    void on_mediated(Host& host, const Visitor& visitor, const Element& message, const Element& x);
    void on_voice_form(Host& host, const Visitor& visitor, const Element& message, const Element& x);
    void on_bounce(const Visitor& visitor, const Element& stanza, const Jid& to);

    // rooms_iq.cpp, and rooms_admin.cpp, rooms_owner.cpp, rooms_register.cpp for what the room has words for
    void on_iq(const Visitor& visitor, const Element& iq, const Jid& to);
    void on_occupant_iq(Host& host, const Visitor& visitor, const Element& iq, const Jid& to);
    void pass_on(Host& host, const Visitor& visitor, const Element& iq, const Jid& to);
    void pass_back(const Visitor& visitor, const Element& iq, const Jid& to);
    void on_disco(const Host& host, const Visitor& visitor, const Element& iq);
    void on_admin(Host& host, const Visitor& visitor, const Element& iq);
    void on_change(Host& host, const Visitor& visitor, const Element& iq);
    void on_owner(Host& host, const Visitor& visitor, const Element& iq);
    void on_configuration(Host& host, const Visitor& visitor, const Element& iq, const Element& x);
    void on_destruction(Host& host, const Visitor& visitor, const Element& iq, const Element& destroy);
    void on_register(Host& host, const Visitor& visitor, const Element& iq);
    bool is_new(const Host& host, const Visitor& visitor) const;
    /// The refusal; or what the room wants done, then an empty result. The host may be gone afterwards.
    void answer(Host& host, const Visitor& visitor, const Element& iq, Verdict verdict);
    void answer_first(Host& host, const Visitor& visitor, const Element& iq, Effects effects);

    Result<Host*> open(const Jid& address);
    RoomWiring wire(const std::shared_ptr<const Binding>& shared) const;
    RoomAccess control(const std::shared_ptr<const Binding>& binding) const;
    Host* find(const std::string& room) const;
    Host* find(const Jid& to) const;
    /// Tells every room with home or a mirror on that broker (empty: every room) and does what each wants.
    void for_each_on(const std::string& broker, const std::function<Effects(Host&)>& event);

    /// What becomes of writing what is kept.
    using Saved = std::function<void(const Result<void>&)>;
    Saved make_answer(const Host& host, const Visitor& visitor, const Element& iq);
    /// Does what the room wants done, then sets its alarm; the host may be gone afterwards. `saved` is called when what
    /// is kept of the room is on disk: at once where nothing is to be written.
    void perform(Host& host, Effects effects, Saved saved = {});
    void perform(Host& host, const ShowPresence& show);
    void perform(Host& host, const ShowLine& show);
    void perform(Host& host, const ShowPrivate& show);
    void perform(Host& host, const ShowAffiliation& show);
    void perform(Host& host, const ShowConfigured& show);
    void perform(Host& host, const Invite& invite);
    void perform(Host& host, const ShowDecline& show);
    void perform(Host& host, const AskForVoice& ask);
    void perform(Host& host, const Refuse& refuse);
    void perform(Host& host, const Notice& notice);
    void perform(Host& host, Publish& publish);
    void perform(Host& host, Mirror& mirror);
    void perform(Host& host, KeepLine& keep);
    void perform(Host& host, KeepEcho& keep);
    void perform(Host& host, const NotMirrored&);
    void perform(Host& host, const Home& home);
    void perform(Host& host, const EchoMissed& missed);
    void perform(Host& host, const Subscribe& subscribe);
    void perform(Host& host, const Unsubscribe& unsubscribe);
    void perform(Host& host, const Close& close);
    void perform(Host& host, const Warn& warn);
    void perform(Host& host, const KeepRoom&);
    void perform(Host& host, const KeepOptions&);
    void perform(Host& host, const KeepRight& keep);
    void perform(Host& host, const KeepSubject&);
    void perform(Host& host, const ForgetKept&);
    void set_alarm(Host& host);

    // rooms_keep.cpp: what persistent rooms keep
    void save(Host& host, Saved saved);
    void hold_until_saved(Host& host, Effects rest, Saved saved);
    void make_lasting(Host& host);
    std::vector<PastLine> read_past(const std::string& room, std::uint64_t before, std::optional<WallTime> since,
                                    std::size_t most);

    void publish(const Host& host, std::optional<std::size_t> mirror, Said said);
    /// Nothing more is awaited for that line: its place in the broker's window is free.
    void free_place(const std::string& broker, const std::string& key);
    void reply(const Visitor& visitor, const Element& stanza);
    static StanzaError no_such_room();
    /// With the room as the one who refuses: error/@by.
    void refuse(const Visitor& visitor, const Element& stanza, const Jid& to, const StanzaError& error,
                std::optional<Element> beside = {});
    Now now() const;

    Hub& hub_;
    const unsigned here_;
    std::unordered_map<std::string, std::unique_ptr<Host>> hosts_;  // by bare JID
    std::map<std::string, LinkState> links_;
    ClosedRooms closed_;
    ResentLines resent_;
    Counters counters_;
    Archiver archiver_;
    std::shared_ptr<Turn> turn_;    // of what is being heard; it is not over before everybody was told
    std::unique_ptr<Tables> past_;  // a connection of this loop's own, for reading
};

}  // namespace mucbridge
