#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/route.hpp"
#include "gateway/admission.hpp"
#include "gateway/door.hpp"
#include "gateway/visits.hpp"
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
    void adopt(int native_socket, const std::string& peer, const Admission::Place& place);
    /// Takes in a session that has no socket: whoever calls feeds it and reads its output. Null: no place left.
    Session* open(const std::string& peer);

    void send(std::uint64_t number, const SharedStanza& stanza) override;
    void send(std::uint64_t number, const Element& stanza) override;
    void forget_room(std::uint64_t number, const std::string& room) override;
    void caught_up(std::uint64_t number) override;
    void close(const Route& route, std::string_view condition, std::string_view text);
    /// Closes the connection at once, since others want to log in.
    void put_out(const Route& route);
    /// The registry gave the session its full JID.
    void on_bound(const Route& route, const Jid& full);

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
        std::unique_ptr<Connection> connection;  // owns the session, where there is a socket
        std::unique_ptr<Session> in_process;     // else this one
        Session* session = nullptr;
        Admission::Place place;
        Visits visits;
        std::function<void(Result<Jid>)> on_bound;
    };

    std::uint64_t take_slot();
    Slot* find(std::uint64_t number);
    Route route_of(const Session& session) const { return {here_, server_door, session.number()}; }
    Visitor visitor_of(const Session& session) const { return {route_of(session), session.jid()}; }
    SessionHost make_host();
    void free(std::uint64_t number);

    void on_stanza(Session& session, Element stanza);
    void on_availability(Session& session, const Element& presence);
    void on_end(Session& session, const std::string& why);

    Hub& hub_;
    const unsigned here_;
    SessionHost host_;
    SessionOptions options_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t count_ = 0;
    std::uint64_t pauses_ = 0;
};

}  // namespace mucbridge
