#include "cli/check_tls.hpp"

#include "cli/check_login.hpp"
#include "cli/problems.hpp"
#include "cli/secret.hpp"
#include "core/time.hpp"
#include "core/utf8.hpp"
#include "xmpp/certificate.hpp"
#include "xmpp/listen_url.hpp"
#include "xmpp/listener.hpp"

namespace mucbridge {
namespace {

using SystemTime = std::chrono::system_clock::time_point;

constexpr std::chrono::days soon{14};

std::string to_date(SystemTime time) {
    return to_rfc3339(std::chrono::floor<std::chrono::milliseconds>(time)).substr(0, 10);
}

std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : ", ") + to_log_text(name);
    return text.empty() ? "nobody" : text;
}

/// A line that works when it is pasted.
std::string how_to_make(const Config& config) {
    return "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj /CN=" +
           config.domain + " -addext subjectAltName=DNS:" + config.domain + ",DNS:" + config.rooms_domain +
           " -keyout tls.key -out tls.crt";
}

bool has_certificate(const Config& config) { return config.tls && !config.tls->certificate.empty(); }

void check_listener(const Config& config, const std::string& url, const std::string& place, Problems& problems) {
    const auto where = ListenUrl::parse(url);
    const auto is_local = is_loopback(url);
    if (!where || !is_local || has_certificate(config))
        return;
    if (where->is_direct_tls) {
        problems.error(place, url +
                                  " begins with TLS: want a certificate (--tls-certificate, --tls-key). To make one: " +
                                  how_to_make(config));
        return;
    }
    const bool is_waived = config.tls && !config.tls->required.value_or(true);
    // Where anybody is let in, --allow-open-login has been asked for already.
    if (!*is_local && !is_waived && !takes_anybody(config.login))
        problems.error(place,
                       url + " can be reached by others: want a certificate (--tls-certificate tls.crt --tls-key " +
                           "tls.key), or \"tls\": {\"required\": false} where the way there is safe. To make one: " +
                           how_to_make(config));
    else if (!*is_local && is_waived)
        problems.warn(place, "without TLS whoever is between here and a client reads and changes everything");
}

void check_files(const TlsConfig& tls, Problems& problems) {
    if (const auto facts = read_certificate(tls.certificate); !facts)
        problems.error("/tls/certificate", facts.error().text);
    else if (const auto fits = check_key(tls.certificate, tls.key); !fits)
        problems.error("/tls/key", fits.error().text);
    if (tls.client_ca.empty())
        return;
    if (const auto facts = read_certificate(tls.client_ca); !facts)
        problems.error("/tls/client_ca", facts.error().text);
}

void warn_of_certificate(const Config& config, Problems& problems) {
    const auto facts = read_certificate(config.tls->certificate);
    if (!facts || config.listen.empty())
        return;
    if (!facts->is_for(config.domain)) {
        problems.warn("/tls/certificate", "is for " + join(facts->names) + ", and not for the domain " + config.domain +
                                              ": clients will not take it");
    }
    if (const auto why = why_not_lasting(config.tls->certificate); !why.empty())
        problems.warn("/tls/certificate", why);
}

}  // namespace

std::string describe_certificate(const std::string& file) {
    const auto facts = read_certificate(file);
    return facts ? join(facts->names) + ", until " + to_date(facts->not_after) : to_log_text(file);
}

std::string why_not_lasting(const std::string& certificate_file) {
    const auto facts = read_certificate(certificate_file);
    if (!facts)
        return {};
    const auto now = std::chrono::system_clock::now();
    if (facts->not_before > now)
        return "begins on " + to_date(facts->not_before) + ": until then clients will not take it";
    if (facts->not_after < now)
        return "ended on " + to_date(facts->not_after) + ": clients will not take it";
    if (facts->not_after < now + soon)
        return "ends on " + to_date(facts->not_after) + ": it is time for a new one (SIGHUP reloads it)";
    return {};
}

void check_tls(Config& config, Problems& problems) {
    for (std::size_t at = 0; at < config.listen.size(); ++at)
        check_listener(config, config.listen[at].url, join_pointer("/listen", at), problems);
    if (config.legacy_auth && !has_certificate(config))
        problems.error("/legacy_auth", "want tls: a password in the clear is taken over TLS alone (XEP-0078)");
    if (!config.tls)
        return;
    const TlsConfig& tls = *config.tls;
    if (tls.certificate.empty() != tls.key.empty())
        problems.error("/tls", "want certificate and key together, got one of them");
    else if (tls.certificate.empty() && (!tls.client_ca.empty() || tls.required.value_or(false)))
        problems.error("/tls", "want certificate and key");
    else if (!tls.certificate.empty()) {
        check_files(tls, problems);
        warn_of_certificate(config, problems);
        if (const auto exposed = why_exposed(tls.key); !exposed.empty())
            problems.warn("/tls/key", exposed);
    }
    if (tls.certificate.empty())
        config.tls.reset();
}

}  // namespace mucbridge
