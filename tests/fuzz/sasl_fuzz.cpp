// What a client says to log in: to one mechanism, or to a stream with STARTTLS in it. Nobody is in without a right
// proof over this very channel, whatever is said in whatever order; what was said before TLS counts for nothing after
// it.
#include <array>

#include "fuzz/sasl_exchange.hpp"

namespace mucbridge::fuzz {
namespace {

Channel make_channel_under_tls(std::size_t kind) {
    Channel channel;
    channel.is_encrypted = true;
    if ((kind & 1) == 0)
        channel.tls_exporter = "exported";
    if ((kind & 2) == 0)
        channel.tls_server_end_point = "end point";
    if ((kind & 4) != 0)
        channel.tls_unique = "unique";
    if ((kind & 8) != 0)
        channel.certified.push_back({"romeo", "localhost", {}});
    if ((kind & 16) != 0)
        channel.certified.insert(channel.certified.end(), {{"anon-1", "localhost", {}}, {"romeo", "elsewhere", {}}});
    return channel;
}

Channel make_channel(std::size_t kind, const Channel& under_tls) {
    Channel channel;
    if (kind == 0)
        return under_tls;
    channel.starttls = kind == 1   ? Channel::Starttls::required
                       : kind == 2 ? Channel::Starttls::offered
                                   : Channel::Starttls::absent;
    return channel;
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    constexpr std::array logins{Login::accounts, Login::broker, Login::open, Login::anonymous};
    fuzz::Input input(data, size);
    const bool is_stream = input.choose(1) == 1;
    const Login login = logins[input.choose(logins.size() - 1)];
    const Channel under_tls = fuzz::make_channel_under_tls(input.choose(31));
    const Channel channel = fuzz::make_channel(input.choose(3), under_tls);
    const LoginOffer offer{login, "localhost", channel};
    if (is_stream)
        fuzz::play_login(input, offer, under_tls);
    else
        fuzz::play_exchange(input, offer);
    return 0;
}
