#include "xmpp/session_impl.hpp"

namespace mucbridge {

void Session::Impl::on_starttls() {
    if (phase != Phase::login || channel.starttls == Channel::Starttls::absent) {
        append("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");  // RFC 6120 §5.4.2.2
        return close({}, {});
    }
    append("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    is_upgrading = true;
    handshake.reset();
    reader.stop();
}

bool Session::wants_tls() const { return impl_->is_upgrading && impl_->phase != Impl::Phase::over; }

void Session::on_encrypted(Channel channel) {
    Impl& impl = *impl_;
    impl.channel = std::move(channel);
    impl.is_upgrading = false;
    impl.has_header = impl.has_sent_header = false;
    impl.lang.clear();
    impl.pieces = Impl::pieces_before_bound;
    impl.reader.restart();
}

}  // namespace mucbridge
