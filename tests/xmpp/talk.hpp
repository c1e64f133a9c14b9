#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xml/writer.hpp"
#include "xmpp/base64.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

inline constexpr std::string_view client_header =
    "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
inline constexpr std::string_view bind_balcony =
    "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>balcony</resource></bind></iq>";

inline std::string make_auth(std::string_view mechanism, std::string_view text) {
    return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + std::string(mechanism) + "'>" +
           std::string(text) + "</auth>";
}

inline std::string make_plain(const std::string& name, const std::string& password, const std::string& authzid = {}) {
    return make_auth("PLAIN", to_base64(authzid + '\0' + name + '\0' + password));
}

inline Now at(int seconds) {
    return {Tick(std::chrono::seconds(seconds)), WallTime(std::chrono::seconds(1795361258 + seconds))};
}

/// A session and a host that keeps what it is told. Answers at once, unless `is_slow`: then when the test says so.
struct Talk {
    SessionOptions options{"localhost", "rooms.localhost", Login::open, {}};
    bool is_slow = false;
    std::vector<std::pair<std::string, std::string>> credentials;
    std::vector<std::string> wishes, stanzas, ends;
    std::function<void(LoginAnswer)> answer_login;
    std::function<void(Result<Jid>)> answer_bind;
    std::function<bool(const std::string&)> is_right = [](const std::string&) { return true; };
    std::function<Result<Jid>(const Jid&)> grant = [](const Jid& jid) -> Result<Jid> { return jid; };
    std::function<void(Session&, const Element&)> react;
    SessionHost host;
    std::optional<Session> session;
    int wakes = 0;

    explicit Talk(Login login = Login::open) : Talk([login](SessionOptions& its) { its.login = login; }) {}

    explicit Talk(const std::function<void(SessionOptions&)>& change) {
        change(options);
        host.authenticate = [this](Session&, std::string name, std::string password,
                                   std::function<void(LoginAnswer)> answer) {
            credentials.emplace_back(name, password);
            if (is_slow)
                answer_login = std::move(answer);
            else
                answer(is_right(password) ? LoginAnswer::right : LoginAnswer::wrong);
        };
        host.bind = [this](Session& who, std::string resource, std::function<void(Result<Jid>)> answer) {
            wishes.push_back(resource);
            if (is_slow)
                answer_bind = std::move(answer);
            else
                answer(grant(who.jid().with_resource(std::move(resource))));
        };
        host.on_stanza = [this](Session& who, Element stanza, std::uint64_t) {
            stanzas.push_back(to_string(stanza, ns::client));
            if (react)
                react(who, stanza);
        };
        host.on_end = [this](Session&, const std::string& why) { ends.push_back(why); };
        session.emplace(7, options, host, at(0));
        session->set_wake([this] { ++wakes; });
    }

    /// What the session says to these bytes.
    std::string say(std::string_view bytes, int seconds = 1) {
        session->on_bytes(bytes, at(seconds));
        return take();
    }
    std::string take() { return session->take_output(); }

    /// As romeo@localhost/balcony; nothing of it is left in the output.
    Talk& log_in(const std::string& header = std::string(client_header)) {
        say(header + make_plain("romeo", "secret"));
        say(header + std::string(bind_balcony));
        REQUIRE(session->is_bound());
        return *this;
    }
};

inline bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The stream ended with this error, by name, and with nothing after it.
inline bool ends_with_error(std::string_view output, std::string_view condition) {
    const auto error = "<stream:error><" + std::string(condition) + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
    return holds(output, error) && output.ends_with("</stream:error></stream:stream>");
}

}  // namespace mucbridge
