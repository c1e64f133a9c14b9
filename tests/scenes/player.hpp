#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "core/jid.hpp"
#include "core/time.hpp"
#include "xml/element.hpp"
#include "xml/reader.hpp"
#include "xmpp/session.hpp"

namespace mucbridge::scenes {

/// How one user comes: "user Juliet is juliet/balcony at elsewhere".
struct Casting {
    std::string name, local, resource, gateway;
    bool is_anonymous = false;
};

/// The client of one user: what it writes goes into a session without a socket, what comes waits to be read.
class Player {
public:
    using Write = std::function<void(const std::string& words)>;

    /// `write` gets the transcript.
    Player(Casting casting, Session* session, Write write);
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    void send(const std::string& bytes, Now now);
    /// Reads what the session has for it; false where that is nothing.
    bool pull();
    /// The connection is gone, without a word.
    void cut();

    /// The next step of logging in; false once it is done.
    bool log_in(const std::string& domain, Now now);

    const Casting& casting() const { return casting_; }
    bool is_on() const { return session_ != nullptr; }
    std::string next_id();

    std::deque<Element> unread;
    std::string room;                          // that it joined last
    std::map<std::string, std::string> nicks;  // by room

private:
    enum class Step { start, features, success, rebound, bound, done };
    void on_stanza(Element stanza);

    Casting casting_;
    Session* session_;
    Write write_;
    Reader reader_;
    Step step_ = Step::start;
    unsigned sent_ = 0;
};

/// The element as a client would see it.
std::string show(const Element& element);

}  // namespace mucbridge::scenes
