#include <algorithm>

#include "xml/writer.hpp"
#include "xmpp/session_impl.hpp"

namespace mucbridge {

namespace {
constexpr std::string_view too_slow = "you do not read fast enough, and others need the room (limits/queue_bytes)";
}

bool Session::Impl::has_room(std::size_t bytes) {
    if (phase == Phase::over)
        return false;
    const std::size_t queued = output.size() + bytes;
    if (queued > options.limits.session_queue_bytes) {
        close("policy-violation", "you do not read what is sent to you (limits/session_queue_bytes)");
        return false;
    }
    const std::size_t kept = sm ? sm->bytes() : 0;
    if (kept + bytes > options.limits.unacknowledged_bytes && kept > 0) {
        close("policy-violation", "you do not acknowledge what is sent to you (limits/unacknowledged_bytes)");
        return false;
    }
    // A session that has read everything is in nobody's way, however little room is left.
    const auto is_too_much = [&] {
        return std::max(queued, kept + bytes) > options.backlog->most_of_one() && output.size() + kept > 0;
    };
    if (is_too_much() && !output.is_stuck())
        options.backlog->make_room();
    if (is_too_much()) {
        if (output.is_stuck())
            self.give_up();
        else
            close("policy-violation", too_slow);
        return false;
    }
    return true;
}

/// One whole stanza, in parts.
void Session::Impl::say(std::initializer_list<std::string_view> stanza) {
    if (held_back) {
        std::string whole;
        for (const std::string_view part : stanza)
            whole += part;
        if (may_wait(whole) && held_back->add(whole))
            return;
        say_held_back();
    }
    say_at_once(stanza);
}

void Session::Impl::say_at_once(std::initializer_list<std::string_view> stanza) {
    std::size_t size = 0;
    for (const std::string_view part : stanza)
        size += part.size();
    if (!has_room(size))
        return;
    if (sm)
        sm->on_sent(stanza);
    if (is_detached)
        return;
    append(stanza);
    if (sm && !is_asked)
        ask_for_acknowledgement();
}

void Session::Impl::say_held_back() {
    for (const std::string& stanza : held_back->take())
        say_at_once({stanza});
}

/// XEP-0352: a client that nobody looks at need not be woken for everything.
void Session::Impl::on_client_state(const Element& element) {
    if (element.name == "inactive" && !held_back) {
        held_back = std::make_unique<HeldBack>();
    } else if (element.name == "active" && held_back) {
        say_held_back();
        held_back.reset();
    }
}

void Session::Impl::queue(const Element& element) {
    const std::string bytes = to_string(element, ns::client);
    if (phase == Phase::bound)
        say({bytes});
    else if (has_room(bytes.size()))
        append(bytes);
}

bool Session::is_stuck() const { return impl_->output.is_stuck(); }

void Session::give_up() {
    impl_->close("policy-violation", too_slow);
    impl_->output.take();
}

void Session::send(std::string_view stanza) {
    if (impl_->phase == Impl::Phase::bound)
        impl_->say({stanza});
}

void Session::send(const SharedStanza& stanza) {
    if (impl_->phase == Impl::Phase::bound)
        impl_->say({stanza.head, impl_->to_attribute, stanza.tail});
}

void Session::send(const Element& stanza) {
    if (impl_->phase == Impl::Phase::bound)
        impl_->queue(stanza);
}

}  // namespace mucbridge
