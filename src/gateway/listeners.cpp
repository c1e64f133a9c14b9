#include "gateway/listeners.hpp"

#include <unistd.h>

#include "gateway/hub.hpp"
#include "xmpp/listen_url.hpp"
#include "xmpp/turn_away.hpp"

namespace mucbridge {

Result<std::unique_ptr<Listeners>> Listeners::open(Hub& hub) {
    std::unique_ptr<Listeners> listeners(new Listeners(hub));
    if (const auto& tls = hub.config().tls) {
        auto context = TlsContext::load(*tls);
        if (!context)
            return context.error();
        listeners->context_ = std::move(*context);
    }
    for (std::size_t index = 0; index < hub.config().listen.size(); ++index)
        if (const auto added = listeners->add(index); !added)
            return added.error();
    return listeners;
}

Result<TlsOffer> Listeners::offer_for(std::size_t index) const {
    const std::string& url = hub_.config().listen[index].url;
    const auto where = ListenUrl::parse(url);
    if (!where)
        return where.error();
    if (where->is_direct_tls && !context_)
        return Error{"/listen/", std::to_string(index), ": ", url,
                     " needs a certificate: want \"tls\": {\"certificate\": \"tls.crt\", \"key\": \"tls.key\"}"};
    if (where->is_direct_tls || !context_)
        return TlsOffer{context_, Channel::Starttls::absent, where->is_direct_tls};
    const auto is_local = is_loopback(url);
    if (!is_local)
        return is_local.error();
    const bool is_required = hub_.config().tls->required.value_or(!*is_local);
    return TlsOffer{context_, is_required ? Channel::Starttls::required : Channel::Starttls::offered, false};
}

Result<void> Listeners::add(std::size_t index) {
    auto offer = offer_for(index);
    if (!offer)
        return offer.error();
    auto entrance = std::make_unique<Entrance>(Entrance{nullptr, std::move(*offer)});
    auto listener = Listener::open(
        hub_.loop(0).io(), hub_.config().listen[index].url,
        [this, &tls = entrance->tls](int socket, const std::string& peer) { take_in(tls, socket, peer); });
    if (!listener)
        return listener.error();
    entrance->listener = std::move(*listener);
    entrances_.push_back(std::move(entrance));
    return {};
}

void Listeners::take_in(const TlsOffer& tls, int socket, const std::string& peer) {
    const auto place = hub_.admission().admit(peer, hub_.loop(0).now());
    if (!place && tls.is_direct) {
        ::close(socket);  // a peer that waits for TLS understands nothing else
        return;
    }
    if (!place)
        return turn_away(socket, hub_.config().domain, {"resource-constraint", place.error().text});
    const unsigned there = next_loop_++ % hub_.loop_count();
    hub_.on_loop(0, there, [this, there, socket, peer, place = *place, tls] {
        hub_.sessions(there).adopt(socket, peer, place, tls);
    });
}

std::vector<std::string> Listeners::urls() const {
    std::vector<std::string> out;
    for (const auto& entrance : entrances_)
        out.push_back(entrance->listener->url());
    return out;
}

void Listeners::stop() {
    for (const auto& entrance : entrances_)
        entrance->listener->stop();
}

Result<void> Listeners::reload_certificates() {
    if (!hub_.config().tls)
        return {};
    auto context = TlsContext::load(*hub_.config().tls);
    if (!context)
        return context.error();
    hub_.loop(0).post([this, context = std::move(*context)] {
        for (const auto& entrance : entrances_)
            entrance->tls.context = context;
    });
    return {};
}

}  // namespace mucbridge
