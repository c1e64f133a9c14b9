#include "xmpp/client_state.hpp"

#include <utility>

namespace mucbridge {

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

/// Our own serialisation is looked at: what others wrote is escaped in it, so no text can look like a tag.
bool may_wait(std::string_view stanza) {
    if (stanza.starts_with("<presence"))
        return !has(stanza, "code='110'") && !has(stanza, " type='error'");
    return stanza.starts_with("<message") && has(stanza, "'http://jabber.org/protocol/chatstates'") &&
           !has(stanza, "<body") && !has(stanza, "<subject") && !has(stanza, " type='error'");
}

bool HeldBack::add(std::string stanza) {
    if (bytes_ + stanza.size() > most_bytes)
        return false;
    bytes_ += stanza.size();
    stanzas_.push_back(std::move(stanza));
    return true;
}

std::vector<std::string> HeldBack::take() {
    bytes_ = 0;
    return std::exchange(stanzas_, {});
}

}  // namespace mucbridge
