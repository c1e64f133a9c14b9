#include "bench/client.hpp"

#include <algorithm>

#include "xmpp/base64.hpp"

namespace mucbridge::bench {

namespace {

std::string name_user(const Options& options, unsigned room, unsigned occupant) {
    return "u" + std::to_string(room * options.occupants + occupant + 1);
}

/// Whether it was there: it and all before it are taken off.
bool skip_past(std::string_view& bytes, std::string_view token) {
    const auto found = bytes.find(token);
    if (found == std::string_view::npos)
        return false;
    bytes.remove_prefix(found + token.size());
    return true;
}

bool holds(std::string_view bytes, std::string_view token) { return bytes.find(token) != std::string_view::npos; }

}  // namespace

Client::Client(const Options& options, unsigned room, unsigned occupant, RoomTally& tally, Latencies& latencies)
    : Connection(name_user(options, room, occupant)),
      options_(options),
      tally_(tally),
      latencies_(latencies),
      occupant_(occupant),
      user_(name_user(options, room, occupant)),
      room_(name_room(options, room) + "@" + options.rooms_domain) {}

void Client::on_bytes(std::string_view& bytes) {
    while (phase_ != Phase::joined && take_step(bytes)) {
    }
    if (phase_ == Phase::joined)
        hear(bytes);
}

void Client::hear(std::string_view& bytes) {
    const Tick at = now();
    while (const auto heard = take_message(bytes)) {
        if (heard->is_error)
            fail("a line was refused: " + std::string(heard->stanza));
        if (heard->name)
            tally_.hear(occupant_, *heard->name, at, latencies_);
    }
}

/// Whether something was understood, so that it is worth looking again.
bool Client::take_step(std::string_view& input) {
    if (holds(input, "<stream:error") || holds(input, "<failure"))
        fail("refused: " + std::string(input));
    switch (phase_) {
        case Phase::header: {
            if (!skip_past(input, "</stream:features>"))
                return false;
            const std::string secret = std::string(1, '\0') + user_ + '\0' + options_.password;
            phase_ = Phase::authenticating;
            send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + to_base64(secret) + "</auth>");
            return true;
        }
        case Phase::authenticating:
            if (!skip_past(input, "<success"))
                return false;
            phase_ = Phase::second_header;
            send_header();
            return true;
        case Phase::second_header:
            if (!skip_past(input, "</stream:features>"))
                return false;
            phase_ = Phase::binding;
            send(
                "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource>"
                "</bind></iq>");
            return true;
        case Phase::binding:
            if (holds(input, "<error"))
                fail("cannot bind: " + std::string(input));
            if (!skip_past(input, "</iq>"))
                return false;
            phase_ = Phase::joining;
            send_join();
            return true;
        case Phase::joining:
            check_join(input);
            return false;
        default:
            return false;
    }
}

/// One's own presence is the last of them (XEP-0045 §7.1); of the others nothing need be kept.
void Client::check_join(std::string_view& input) {
    const auto own = std::min(input.find("code='110'"), input.find("code=\"110\""));
    if (own != std::string_view::npos) {
        phase_ = Phase::joined;
        input.remove_prefix(own);
        return;
    }
    if (holds(input, "</error>"))
        fail("cannot join: " + std::string(input));
    if (const auto last = input.rfind("<presence"); last != std::string_view::npos)
        input.remove_prefix(last);
}

void Client::send_header() {
    send("<?xml version='1.0'?><stream:stream to='" + options_.domain +
         "' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>");
}

void Client::send_join() {
    send("<presence to='" + room_ + "/" + user_ +
         "'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>");
}

void Client::say(LineName name) {
    queue("<message to='" + room_ + "' type='groupchat' id='" + std::to_string(name.number) + "'><body>" +
          write_body(name, options_.body) + "</body></message>");
}

}  // namespace mucbridge::bench
