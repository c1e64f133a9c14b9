#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/pace.hpp"
#include "xml/reader.hpp"
#include "xmpp/client_state.hpp"
#include "xmpp/output.hpp"
#include "xmpp/sasl.hpp"
#include "xmpp/server_answers.hpp"
#include "xmpp/session.hpp"
#include "xmpp/stream_management.hpp"

namespace mucbridge {

/// The session's own state. session.cpp has reading and ending; session_tls.cpp, session_login.cpp and session_bind.cpp
/// what comes before binding; session_stanzas.cpp what comes after, session_sending.cpp what is sent,
/// session_resume.cpp what outlives a connection.
struct Session::Impl {
    Impl(Session& session, std::uint64_t session_number, const SessionOptions& session_options,
         const SessionHost& session_host, Now at, Channel session_channel);

    enum class Phase {
        login,  // a header, then SASL
        bind,   // a header, then a resource
        bound,
        over,
    };

    static constexpr unsigned pieces_before_bound = 64;  // more tags than an honest login has

    // Reading.
    ReaderLimits make_reader_limits(std::size_t stanza_bytes, std::string_view bytes_key) const;
    void read(std::string_view bytes);
    std::size_t next_piece(std::string_view bytes);
    void hold(std::string_view bytes);
    void on_header(const Element& header);
    void on_stanza(Element stanza);

    // Login.
    void on_login_element(const Element& element);
    void on_sasl(const Element& element);
    void refuse_element(const Element& element);
    void on_starttls();
    LoginOffer login_offer() const;
    void on_auth(const Element& auth);
    void on_response(const Element& response);
    void take_step(SaslStep step);
    void verify(SaslVerify claim);
    void look_up(SaslLookup lookup);
    void accept_login(const SaslSuccess& success);
    void become(const std::string& username);
    void refuse_login(const SaslFailure& failure);
    void tell_refusal(const SaslFailure& failure);
    void count_failed_login();
    bool is_legacy_auth(const Element& element) const;
    void on_legacy_auth(const Element& iq);
    void accept_legacy_auth(const Element& iq, const std::string& username, const std::string& resource);
    void refuse_legacy_auth(const Element& iq, const StanzaError& error, const std::string& claimed);
    void on_bind_element(Element stanza);
    void on_bind_request(Element iq);
    void become_bound(const Jid& granted);
    void accept_bind(const Element& iq, const Result<Jid>& granted);
    void refuse_bind(const Element& iq, const StanzaError& error);

    // Stanzas of a bound session.
    void on_bound_element(Element stanza);
    bool stamp(Element& stanza);
    void on_message(Element stanza, const Jid* to);
    void on_presence(Element stanza, const Jid* to);
    void on_iq(Element stanza, const Jid* to);
    void answer_iq(const Element& iq, Asked asked);
    void refuse(const Element& stanza, const StanzaError& error, std::string_view by = {});
    bool is_own_account(const Jid& to) const {
        return to.is_bare() && to.local == jid.local && to.domain == jid.domain;
    }
    bool is_server(const Jid& to) const { return to.local.empty() && to.domain == options.domain; }

    void take_in(Element stanza);
    void pass_on(Element stanza);

    // Stream management, and what an inactive client is spared: session_resume.cpp, session_sending.cpp.
    void on_sm_element(const Element& element);
    void on_enable(const Element& enable);
    void on_acknowledged(const Element& a);
    void on_resume(const Element& resume);
    void refuse_sm(std::string_view condition, std::optional<std::uint32_t> h = {});
    void acknowledge();
    void ask_for_acknowledgement();
    void on_client_state(const Element& element);
    void look_for_life();
    bool may_detach() const;
    void detach(const std::string& why);

    // Writing and ending.
    void say(std::initializer_list<std::string_view> stanza);
    void say_at_once(std::initializer_list<std::string_view> stanza);
    void say_held_back();
    bool has_room(std::size_t bytes);
    void append(std::string_view bytes);
    void append(std::initializer_list<std::string_view> parts);
    void queue(const Element& element);
    void close(std::string_view condition, std::string_view text);
    void end(std::string why);
    void tell_end();

    /// A question to the host. The answer may come at once, later, twice or never; `take` runs at most once, and only
    /// while the session still waits for it.
    template <class Answer, class Take>
    auto expect(Take take);
    void resume();

    Session& self;
    const std::uint64_t number;
    const SessionOptions& options;
    const SessionHost& host;
    const Tick started;
    Now now;
    std::string peer;
    std::function<void()> wake;

    Channel channel;
    bool is_upgrading = false;  // to TLS: nothing is read meanwhile

    Pace byte_pace, stanza_pace;
    Reader reader;
    Phase phase = Phase::login;
    bool has_header = false;       // theirs, of the present stream
    bool has_sent_header = false;  // ours
    bool is_reading = false;
    bool is_left_unread = false;  // by the host
    bool has_read = false;        // since the last tick
    bool is_anonymous = false;
    bool has_asked_bind = false;  // the host may know of this session
    bool is_end_told = false;
    unsigned failed_logins = 0, failed_binds = 0;
    unsigned pieces = pieces_before_bound;  // see next_piece
    std::unique_ptr<SaslMechanism> handshake;

    std::uint64_t question = 0;  // the one that is open, or 0
    std::uint64_t questions = 0;
    std::shared_ptr<Impl*> alive;  // what late answers look through
    std::string held;              // bytes that wait for an answer

    Jid jid;
    std::string full, bare;    // as text
    std::string to_attribute;  // " to='romeo@localhost/orchard'"
    std::string lang;          // of the stream, for stanzas without one (RFC 6120 §8.1.5)
    ServerAnswers answers;

    std::unique_ptr<StreamManagement> sm;  // null until it is enabled
    std::unique_ptr<HeldBack> held_back;   // null while the client is active
    std::uint64_t line_in_hand = 0;        // its number, until the host has it
    bool is_detached = false;
    bool is_asked = false;              // for an acknowledgement
    bool owes_acknowledgement = false;  // the last one was of fewer than had come
    Tick last_heard;
    std::optional<Tick> asked_for_life;

    Output output;
    std::string end_reason;
};

template <class Answer, class Take>
auto Session::Impl::expect(Take take) {
    if (!alive)
        alive = std::make_shared<Impl*>(this);
    question = ++questions;
    return [take = std::move(take), asked = question, weak = std::weak_ptr<Impl*>(alive)](Answer answer) {
        const auto strong = weak.lock();
        if (!strong || (*strong)->question != asked)
            return;
        Impl& session = **strong;
        session.question = 0;
        take(session, std::move(answer));
        session.resume();
    };
}

}  // namespace mucbridge
