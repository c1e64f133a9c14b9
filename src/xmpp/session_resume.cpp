#include <algorithm>
#include <charconv>

#include "core/unique.hpp"
#include "xml/writer.hpp"
#include "xmpp/session_impl.hpp"
#include "xmpp/stream.hpp"

namespace mucbridge {

namespace {

/// A count as the wire has it, modulo 2^32; nothing where it is none.
std::optional<std::uint32_t> parse_count(std::string_view text) {
    std::uint32_t count = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    if (text.empty() || error != std::errc() || rest != end)
        return std::nullopt;
    return count;
}

bool is_true(std::string_view text) { return text == "true" || text == "1"; }

}  // namespace

void Session::Impl::on_sm_element(const Element& element) {
    if (element.name == "resume")
        return on_resume(element);
    if (element.name == "enable")
        return on_enable(element);
    if (!sm)
        return close("unsupported-stanza-type", "stream management is not enabled");
    if (element.name == "r")
        return acknowledge();
    if (element.name == "a")
        return on_acknowledged(element);
    close("unsupported-stanza-type", "want enable, resume, r or a");
}

void Session::Impl::refuse_sm(std::string_view condition, std::optional<std::uint32_t> h) {
    std::string out = "<failed xmlns='urn:xmpp:sm:3'";
    if (h)
        append_attribute(out, "h", std::to_string(*h));
    append(out + "><" + std::string(condition) + " xmlns='" + std::string(ns::stanza_errors) + "'/></failed>");
}

void Session::Impl::on_enable(const Element& enable) {
    if (phase != Phase::bound || sm)
        return refuse_sm("unexpected-request");
    const std::chrono::seconds most = options.limits.resume_time;
    const bool may_resume = is_true(enable.attribute("resume")) && host.make_resumption_id && most.count() > 0;
    sm = std::make_unique<StreamManagement>(may_resume ? host.make_resumption_id(self) : std::string(),
                                            *options.backlog);
    std::string out = "<enabled xmlns='urn:xmpp:sm:3'";
    if (may_resume) {
        append_attribute(out, "id", sm->id());
        append_attribute(out, "resume", "true");
        append_attribute(out, "max", std::to_string(most.count()));
    }
    append(out + "/>");
}

void Session::Impl::acknowledge() {
    owes_acknowledgement = !sm->is_all_handled();
    append("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(sm->handled()) + "'/>");
}

/// One request at a time: what is sent until it is answered is asked for then.
void Session::Impl::ask_for_acknowledgement() {
    is_asked = true;
    append("<r xmlns='urn:xmpp:sm:3'/>");
}

void Session::Impl::on_acknowledged(const Element& a) {
    const auto h = parse_count(a.attribute("h"));
    if (!h)
        return close("bad-format", "want a count of stanzas as h");
    if (!sm->may_acknowledge(*h)) {
        append(
            "<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='" +
            std::to_string(*h) + "' send-count='" + std::to_string(sm->sent()) + "'/></stream:error>");
        return close({}, "more was acknowledged than was sent");
    }
    sm->on_acknowledged(*h);
    is_asked = false;
    if (!sm->unacknowledged().empty())
        ask_for_acknowledgement();
}

void Session::on_handled(std::uint64_t number) {
    Impl& impl = *impl_;
    if (!impl.sm)
        return;
    impl.sm->on_handled(number);
    if (impl.owes_acknowledgement && impl.sm->is_all_handled() && impl.phase == Impl::Phase::bound && !impl.is_detached)
        impl.acknowledge();
}

// Without a connection.

bool Session::Impl::may_detach() const {
    return phase == Phase::bound && !is_detached && sm && !sm->id().empty() && host.on_detached;
}

/// What was not acknowledged is kept; everything else of the stream is gone with it.
void Session::Impl::detach(const std::string& why) {
    is_detached = true;
    output.take();
    std::string().swap(held);
    reader.park();
    if (held_back)
        say_held_back();
    held_back.reset();
    is_asked = owes_acknowledgement = false;
    asked_for_life.reset();
    if (phase == Phase::over)  // what was held back was too much
        return tell_end();
    host.on_detached(self, why);
    if (wake)
        wake();
}

bool Session::is_detached() const { return impl_->is_detached && impl_->phase == Impl::Phase::bound; }

void Session::detach(const std::string& why) {
    if (impl_->may_detach())
        impl_->detach(why);
}

bool Session::may_resume(std::string_view id, const Jid& bare, std::uint32_t h) const {
    const Impl& impl = *impl_;
    return impl.phase == Impl::Phase::bound && impl.sm && !impl.sm->id().empty() &&
           is_equal_secret(impl.sm->id(), id) && impl.jid.bare() == bare && impl.sm->may_acknowledge(h);
}

std::string Session::resumption_id() const { return impl_->sm ? impl_->sm->id() : std::string(); }

std::uint32_t Session::handled() const { return impl_->sm ? impl_->sm->handled() : 0; }

void Session::Impl::on_resume(const Element& resume) {
    if (phase != Phase::bind)
        return refuse_sm("unexpected-request");
    if (!host.resume)
        return refuse_sm("feature-not-implemented");
    const auto h = parse_count(resume.attribute("h"));
    if (!h || resume.attribute("previd").empty())
        return refuse_sm("bad-request");
    auto answer = expect<std::optional<std::uint32_t>>(
        [](Impl& session, std::optional<std::uint32_t> handled) { session.refuse_sm("item-not-found", handled); });
    host.resume(self, std::string(resume.attribute("previd")), *h, std::move(answer));
}

StreamInHand Session::hand_over() {
    Impl& impl = *impl_;
    impl.question = 0;
    impl.reader.park();
    StreamInHand stream{std::move(impl.reader), std::move(impl.held), impl.output.take(), impl.lang, impl.peer};
    impl.phase = Impl::Phase::over;
    impl.is_end_told = true;
    return stream;
}

void Session::resume(StreamInHand stream, std::uint32_t h, Now now) {
    Impl& impl = *impl_;
    impl.now = now;
    impl.last_heard = now.tick;
    impl.is_detached = false;
    impl.lang = std::move(stream.lang);
    impl.peer = std::move(stream.peer);
    impl.reader.go_on_with(std::move(stream.reader));
    impl.sm->on_acknowledged(h);
    std::string out = "<resumed xmlns='urn:xmpp:sm:3'";
    append_attribute(out, "previd", impl.sm->id());
    append_attribute(out, "h", std::to_string(impl.sm->handled()));
    impl.sm->on_resumed();
    impl.append({stream.unwritten, out, "/>"});
    for (const std::string& stanza : impl.sm->unacknowledged())
        impl.append(stanza);
    if (!impl.sm->unacknowledged().empty())
        impl.ask_for_acknowledgement();
    impl.read(stream.read);
    impl.tell_end();
}

Tick::duration Session::tick_after() const {
    constexpr Tick::duration least = std::chrono::seconds(1), most = std::chrono::seconds(10);
    const LimitsConfig& limits = impl_->options.limits;
    if (!is_bound())
        return least;
    if (limits.idle_time.count() == 0)
        return most;
    return std::clamp<Tick::duration>(std::min(limits.idle_time, limits.answer_time) / 2, least, most);
}

/// A peer whose machine or network is gone without a word is found by asking it.
void Session::Impl::look_for_life() {
    const LimitsConfig& limits = options.limits;
    if (phase != Phase::bound || is_detached || limits.idle_time.count() == 0)
        return;
    if (asked_for_life) {
        if (now.tick - *asked_for_life < limits.answer_time)
            return;
        if (may_detach())
            return detach("no answer");
        return close("connection-timeout", "you do not answer (limits/idle_time, limits/answer_time)");
    }
    if (now.tick - last_heard < limits.idle_time)
        return;
    asked_for_life = now.tick;
    if (sm)
        return ask_for_acknowledgement();
    std::string ping = "<iq type='get'";
    append_attribute(ping, "from", options.domain);
    append_attribute(ping, "id", "ping-" + make_random_hex(4));
    say({ping, to_attribute, "><ping xmlns='urn:xmpp:ping'/></iq>"});
}

}  // namespace mucbridge
