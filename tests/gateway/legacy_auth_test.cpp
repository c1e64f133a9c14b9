#include "housed.hpp"

using namespace mucbridge;

namespace {

/// What a stream under TLS is offered.
std::string features_of(const Housed& house) {
    Channel channel;
    channel.is_encrypted = true;
    Session* session = house.hub->sessions(0).open("test");
    session->on_encrypted(std::move(channel));
    session->on_bytes(
        "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>",
        house.now);
    return session->take_output();
}

}  // namespace

TEST_CASE("jabber:iq:auth is offered where it is configured, and nowhere else [XEP-0078]") {
    constexpr std::string_view feature = "<auth xmlns='http://jabber.org/features/iq-auth'/>";
    Config config;
    CHECK(features_of(Housed(1, config)).find(feature) == std::string::npos);
    config.legacy_auth = true;
    CHECK(features_of(Housed(1, config)).find(feature) != std::string::npos);
}
