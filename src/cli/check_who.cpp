#include "cli/check_who.hpp"

#include <algorithm>

#include "cli/check_login.hpp"
#include "cli/problems.hpp"
#include "core/utf8.hpp"
#include "mapping/who.hpp"
#include "xmpp/listener.hpp"

namespace mucbridge {
namespace {

/// The first listener that others can reach, or "".
std::string find_open_listener(const Config& config) {
    const auto found = std::find_if(config.listen.begin(), config.listen.end(), [](const ListenConfig& listen) {
        const auto is_local = is_loopback(listen.url);
        return is_local && !*is_local;
    });
    return found == config.listen.end() ? "" : found->url;
}

/// Whether it means some names at this domain, and not all.
bool tells_apart(const WhoConfig& who, const std::string& domain) {
    const auto tells = [&domain](const std::string& text) {
        const auto pattern = JidPattern::parse(text);
        return pattern && !pattern->is_anybody() && pattern->covers(domain);
    };
    return std::any_of(who.read.begin(), who.read.end(), tells) ||
           std::any_of(who.write.begin(), who.write.end(), tells);
}

/// Names at our own listeners are not vouched for while login is open.
void warn_of_names_in_who(const Config& config, Problems& problems) {
    if (config.listen.empty() || config.login != Login::open)
        return;
    std::size_t first = config.rules.size(), count = 0;
    for (std::size_t at = config.rules.size(); at > 0; --at)
        if (tells_apart(config.rules[at - 1].who, config.domain)) {
            first = at - 1;
            ++count;
        }
    if (count == 0)
        return;
    problems.warn(join_pointer(join_pointer("/rules", first), "who"),
                  "login is open: whoever connects to a listener takes any name at " + config.domain +
                      ", so that patterns of names there hold nobody back" +
                      (count == 1 ? "" : " (" + std::to_string(count - 1) + " more rules have such patterns)"));
}

}  // namespace

std::string find_opening(const Config& config) {
    if (const auto url = find_open_listener(config); !url.empty())
        return url + " can be reached by others";
    if (config.components.empty())
        return {};
    return "the users of " + to_log_text(config.components.front().server) +
           ", and of every server that talks to it, come in through the component";
}

void check_who(Config& config, bool has_short_rules, Problems& problems) {
    warn_of_names_in_who(config, problems);
    const auto opening = find_opening(config);
    // Without the flag the listener is refused already, and the flag is all that these rules want too.
    const bool is_told = has_short_rules && takes_anybody(config.login) && !config.allow_open_login &&
                         !find_open_listener(config).empty();
    if (opening.empty() || is_told)
        return;
    for (std::size_t at = 0; at < config.rules.size(); ++at) {
        auto& who = config.rules[at].who;
        if (who.configured)
            continue;
        if (has_short_rules && config.allow_open_login)
            who = {{"*"}, {"*"}, true};
        else
            problems.error(join_pointer(join_pointer("/rules", at), "who"),
                           "want who may read and write, since " + opening + ": " +
                               (has_short_rules ? "rules in a file say it, and --allow-open-login lets everybody"
                                                : "{\"read\": \"*\", \"write\": \"*\"} lets everybody") +
                               (takes_anybody(config.login) ? "" : " who can log in"));
    }
}

}  // namespace mucbridge
