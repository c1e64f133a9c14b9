#include "cli/check_login.hpp"

#include <algorithm>
#include <filesystem>

#include "broker/url.hpp"
#include "cli/problems.hpp"
#include "core/utf8.hpp"
#include "gateway/broker_logins.hpp"
#include "store/accounts.hpp"
#include "xmpp/listen_url.hpp"
#include "xmpp/listener.hpp"

namespace mucbridge {
namespace {

/// Closed by default off the loopback.
void check_listeners(const Config& config, Problems& problems) {
    for (std::size_t at = 0; at < config.listen.size(); ++at) {
        const auto& url = config.listen[at].url;
        const auto place = join_pointer("/listen", at);
        if (!ListenUrl::parse(url))
            continue;  // told where it was read
        const auto is_local = is_loopback(url);
        if (!is_local)
            problems.error(place, is_local.error().text);
        else if (!*is_local && takes_anybody(config.login) && !config.allow_open_login)
            problems.error(place, url + " can be reached by others, and login " +
                                      (config.login == Login::anonymous ? "anonymous" : "open") +
                                      " lets anybody in: want a loopback address such as xmpp://127.0.0.1:61222, "
                                      "--login accounts, or --allow-open-login (\"allow_open_login\": true) if that "
                                      "is what you want");
    }
}

void warn_of_open_login(const Config& config, Problems& problems) {
    if (!config.allow_open_login)
        return;
    std::string_view who = "anybody who reaches the component may use every room of a rule without who";
    if (!config.listen.empty())
        who = takes_anybody(config.login) ? "anybody who reaches a listener may read and write every room"
                                          : "whoever can log in may use every room of a rule without who";
    problems.warn("/allow_open_login", who);
}

bool is_this_machine(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// The broker is asked with the password itself, so that it is wanted over TLS, and goes on to the broker.
void check_broker_login(const Config& config, Problems& problems) {
    if (config.login != Login::broker)
        return;
    if (!config.tls || config.tls->certificate.empty())
        problems.error("/login",
                       "broker wants a certificate (--tls-certificate, --tls-key): passwords are taken over TLS "
                       "alone");
    const auto* broker = find_login_broker(config);
    const auto url = broker == nullptr ? Error{} : parse_broker_url(broker->url);
    if (!url) {
        problems.error("/login", "broker wants a broker with users of its own (mqtt:// or mqtts://), and " +
                                     (broker == nullptr ? "there is none" : broker->name + " is " + broker->url));
        return;
    }
    const auto place = join_pointer("/brokers", broker->name);
    if (!url->tls && !is_this_machine(url->host))
        problems.warn(join_pointer(place, "url"),
                      "the passwords of all who log in go there without TLS; want mqtts://");
    if (!broker->certificate.empty())
        problems.warn(join_pointer(place, "certificate"),
                      "is the gateway's own: who logs in is asked about without it, which this broker has to allow");
}

/// A name counts where somebody vouches for it: a component's server does, and who asks for a password here.
void check_administrators(Config& config, Problems& problems) {
    auto& all = config.administrators;
    const auto is_ours = [&](const Jid& jid) { return !config.listen.empty() && jid.domain == config.domain; };
    const auto is_anybody = [&](const Jid& jid) {
        return is_ours(jid) ? takes_anybody(config.login) : config.components.empty();
    };
    for (const auto& jid : all)
        if (is_anybody(jid) && !takes_anybody(config.login))
            problems.warn("/administrators",
                          to_log_text(to_string(jid)) + " is none: names here end in @" + config.domain);
    if (takes_anybody(config.login) && std::any_of(all.begin(), all.end(), is_anybody))
        problems.warn("/administrators", "nobody is one while anybody may log in under any name");
    all.erase(std::remove_if(all.begin(), all.end(), is_anybody), all.end());
}

}  // namespace

void check_login(Config& config, Problems& problems) {
    check_listeners(config, problems);
    check_broker_login(config, problems);
    check_administrators(config, problems);
    warn_of_open_login(config, problems);
}

void check_accounts(const Config& config, Problems& problems) {
    if (config.login != Login::accounts || config.listen.empty())
        return;
    constexpr std::string_view none = "accounts, and there are none yet; mucbridge account add NAME makes the first";
    const auto path = Accounts::path_in(config.state);
    if (std::error_code error; !std::filesystem::exists(path, error))
        return problems.warn("/login", none);
    auto accounts = Accounts::open(path);
    const auto is_empty = accounts ? accounts->is_empty() : Result<bool>(accounts.error());
    if (!is_empty)
        problems.error("/state", is_empty.error().text);
    else if (*is_empty)
        problems.warn("/login", none);
}

}  // namespace mucbridge
