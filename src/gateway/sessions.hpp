#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/receipt.hpp"
#include "core/route.hpp"
#include "gateway/admission.hpp"
#include "gateway/door.hpp"
#include "gateway/ended_sessions.hpp"
#include "gateway/loop.hpp"
#include "gateway/visits.hpp"
#include "gateway/waiting_sessions.hpp"
#include "muc/room.hpp"
#include "xmpp/connection.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

class Hub;

/// The server door, as far as it lives on one loop: clients' sessions. What they send is led to the rooms and to other
/// users, what is meant for them is handed on.
class Sessions : public Door {
public:
    Sessions(Hub& hub, unsigned loop);

    /// Takes in a connected socket, which was admitted.
    void adopt(int native_socket, const std::string& peer, const Admission::Place& place, const TlsOffer& tls);
    /// Takes in a session that has no socket: whoever calls feeds it and reads its output. Null: no place left.
    Session* open(const std::string& peer);

    void send(std::uint64_t number, const SharedStanza& stanza) override;
    void send(std::uint64_t number, const Element& stanza) override;
    void forget_room(std::uint64_t number, const std::string& room) override;
    void caught_up(std::uint64_t number) override;
    void close(const Route& route, std::string_view condition, std::string_view text);
    /// Closes the connection at once, since others want to log in.
    void put_out(const Route& route);
    /// Those that do not read are closed, whoever leaves the most first, until so many bytes are free; and before them,
    /// those that are closed already and do not read that.
    void give_up_stuck(std::size_t wanted);
    /// The registry gave the session its full JID.
    void on_bound(const Route& route, const Jid& full);

    // A resumption: the session that asked for it is on one loop, the one that it names on another or the same.
    struct Resumption {
        Route from, to;
        std::string id;
        Jid bare;
        std::uint32_t h = 0;
    };
    /// Here lives the one that it names.
    void on_resumption(const Resumption& asked);
    void refuse_resumption(const Resumption& asked, std::optional<std::uint32_t> handled);
    /// Here lives the one that asked: it gives its stream away.
    void hand_over(const Resumption& asked);
    struct Moved {
        std::optional<StreamInHand> stream;
        std::optional<Wire> wire;
        Admission::Place place;
    };
    void go_on(const Resumption& asked, Moved& moved);
    void on_handled(std::uint64_t number, std::uint64_t line);

    /// Closes every stream with <system-shutdown/>.
    void shut_down();
    std::size_t count() const { return count_; }
    Backlog& backlog() { return *options_.backlog; }
    /// How often a session was not read from for a while, since it sent faster than the limits have it.
    std::uint64_t pauses() const { return pauses_; }

private:
    /// One place for a session; the generation tells a session from those that had the place before.
    struct Slot {
        std::uint32_t generation = 0;
        std::unique_ptr<Session> session;
        std::unique_ptr<Connection> connection;  // none in the process, and while the session waits to be resumed
        unsigned connections = 0;                // that it has had
        Admission::Place place;
        Visits visits;
        std::function<void(Result<Jid>)> on_bound;
        std::function<void(std::optional<std::uint32_t>)> on_not_resumed;
        std::optional<Loop::TimerId> resumable_until;
    };

    std::uint64_t take_slot();
    Slot* find(std::uint64_t number);
    Route route_of(const Session& session) const { return {here_, server_door, session.number()}; }
    Visitor visitor_of(const Session& session) const { return {route_of(session), session.jid()}; }
    SessionHost make_host();
    void connect(Slot& slot, Wire wire, const TlsOffer& tls = {});
    void on_closed(std::uint64_t number, unsigned connection);
    void free(std::uint64_t number);

    void on_stanza(Session& session, Element stanza, Receipt receipt);
    Receipt make_receipt(const Session& session, std::uint64_t line) const;
    void on_availability(Session& session, const Element& presence);
    void on_end(Session& session, const std::string& why);
    void end_if_over(std::uint64_t number);

    // sessions_resume.cpp
    std::string make_resumption_id(const Session& session) const;
    void on_detached(Session& session, const std::string& why);
    void await_resumption(Slot& slot);
    void no_longer_awaited(Slot& slot);
    void resume(Session& session, const std::string& id, std::uint32_t h,
                std::function<void(std::optional<std::uint32_t>)> refuse);

    Hub& hub_;
    const unsigned here_;
    SessionHost host_;
    SessionOptions options_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t count_ = 0;
    std::uint64_t pauses_ = 0;
    EndedSessions ended_;
    WaitingSessions waiting_;
};

}  // namespace mucbridge
