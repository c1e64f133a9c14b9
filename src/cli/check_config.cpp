#include "cli/check_config.hpp"

#include <algorithm>
#include <map>

#include "broker/url.hpp"
#include "cli/check_delivery.hpp"
#include "cli/check_login.hpp"
#include "cli/check_tls.hpp"
#include "cli/check_who.hpp"
#include "cli/component_fields.hpp"
#include "cli/problems.hpp"
#include "cli/secret.hpp"
#include "core/utf8.hpp"
#include "mapping/mapper.hpp"
#include "mapping/rule.hpp"

namespace mucbridge {
namespace {

void check_domains(Config& config, Problems& problems) {
    if (config.rooms_domain.empty()) {
        if (auto domain = Jid::prepare_domain("rooms." + config.domain); domain)
            config.rooms_domain = *domain;
        else
            problems.error("/rooms_domain", domain.error().text);
    } else if (config.rooms_domain == config.domain) {
        problems.error("/rooms_domain", "want a domain of its own, such as rooms." + config.domain + ", got " +
                                            config.domain + ", which the accounts have");
    }
}

/// What is there, where all of it could be read.
void check_doors(const Config& config, Problems& problems) {
    if (config.listen.empty() && config.components.empty())
        problems.error("/listen", "want at least one, such as xmpp://127.0.0.1:61222, or a component");
    check_components(config, problems);
}

void check_brokers_named(const Config& config, Problems& problems) {
    const auto is_there = [&](const std::string& name) {
        return std::any_of(config.brokers.begin(), config.brokers.end(),
                           [&](const BrokerConfig& broker) { return broker.name == name; });
    };
    std::string names;
    for (const auto& broker : config.brokers)
        names += (names.empty() ? "" : ", ") + broker.name;
    const auto check_other = [&](const std::string& name, const std::string& place) {
        if (!name.empty() && !is_there(name))
            problems.error(place, "want the name of a broker (" + names + "), got " + to_log_text(name));
    };
    for (std::size_t at = 0; at < config.rules.size(); ++at) {
        const auto rule = join_pointer("/rules", at);
        const auto& name = config.rules[at].broker;
        const auto place = join_pointer(rule, "broker");
        if (name.empty() && config.brokers.size() > 1 && !is_there("main"))
            problems.error(place, "want the name of a broker, since none is called main: " + names);
        check_other(name, place);
        const auto& mirrors = config.rules[at].mirrors;
        for (std::size_t mirror = 0; mirror < mirrors.size(); ++mirror)
            check_other(mirrors[mirror].broker,
                        join_pointer(join_pointer(join_pointer(rule, "mirrors"), mirror), "broker"));
    }
}

/// "/rules/0/topic: why", as mapping words it.
void report(const std::string& error, Problems& problems) {
    const auto colon = error.starts_with('/') ? error.find(": ") : std::string::npos;
    if (colon == std::string::npos)
        problems.error("", error);
    else
        problems.error(error.substr(0, colon), error.substr(colon + 2));
}

/// The mapper tells of one error and goes; asked rule by rule one in each is told.
void check_rules(const Config& config, Problems& problems) {
    for (std::size_t at = 0; at < config.rules.size(); ++at)
        if (const auto rule = Rule::make(config.rules[at], at, config.brokers); !rule)
            report(rule.error().text, problems);
    if (!problems.is_fine())
        return;
    const auto mapper = Mapper::make(config, nullptr);
    if (!mapper) {
        report(mapper.error().text, problems);
        return;
    }
    for (const auto& finding : (*mapper)->review()) {
        const auto place = join_pointer(join_pointer("/rules", finding.rule), finding.key);
        if (finding.is_error)
            problems.error(place, finding.text);
        else
            problems.warn(place, finding.text);
    }
}

void check_seal_key(const Config& config, Problems& problems) {
    if (config.seal_key_file.empty())
        return;
    constexpr std::size_t digits = 64;
    const auto key = read_secret(config.seal_key_file);
    const auto is_digit = [](char byte) {
        return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
    };
    if (!key)
        problems.error("/seal_key_file", key.error().text);
    else if (key->size() != digits || !std::all_of(key->begin(), key->end(), is_digit))
        problems.error("/seal_key_file", "want 64 hexadecimal digits and nothing else in " +
                                             to_log_text(config.seal_key_file) + " (openssl rand -hex 32 makes them)");
}

/// A room whose home and mirror are one broker under two names hears each line twice, and no rule shows it.
void warn_of_twins(const Config& config, Problems& problems) {
    if (std::none_of(config.rules.begin(), config.rules.end(),
                     [](const RuleConfig& rule) { return !rule.mirrors.empty(); }))
        return;
    std::map<std::string, std::string> names;
    const auto note = [&](const BrokerConfig& broker, const std::string& url) {
        if (const auto [twin, is_new] = names.emplace(url, broker.name);
            !is_new && scheme_of(url).starts_with("mqtt") && twin->second != broker.name)
            problems.warn(join_pointer(join_pointer("/brokers", broker.name), "url"),
                          "is the same server as " + to_log_text(twin->second) +
                              ": what is mirrored from one to the other on one topic goes round");
    };
    for (const auto& broker : config.brokers) {
        note(broker, broker.url);
        for (const auto& url : broker.more_urls)
            note(broker, url);
    }
}

void warn_of(const Config& config, Problems& problems) {
    warn_of_twins(config, problems);
    for (const auto& broker : config.brokers) {
        const auto place = join_pointer("/brokers", broker.name);
        if (scheme_of(broker.url) == "mqtts" && !broker.verify)
            problems.warn(join_pointer(place, "verify"),
                          "anybody between here and " + broker.url + " may read and change everything");
        if (const auto exposed = broker.key.empty() ? "" : why_exposed(broker.key); !exposed.empty())
            problems.warn(join_pointer(place, "key"), exposed);
    }
    if (const auto exposed = config.seal_key_file.empty() ? "" : why_exposed(config.seal_key_file); !exposed.empty())
        problems.warn("/seal_key_file", exposed);
}

void fill_in(Config& config, const Given& given, bool fine_so_far) {
    if (!given.listen && !config.components.empty())
        config.listen.clear();
    if (config.brokers.empty())
        config.brokers.emplace_back();
    if (config.rules.empty() && fine_so_far) {
        config.rules.emplace_back();
        config.rules.front().topic = "{name}";
    }
}

}  // namespace

void check_config(Config& config, const Given& given, Problems& problems) {
    const bool fine_so_far = problems.is_fine();
    problems.begin_judging();
    const bool has_short_rules = given.short_rules || config.rules.empty();
    fill_in(config, given, fine_so_far);
    check_domains(config, problems);
    check_login(config, problems);
    check_tls(config, problems);
    if (fine_so_far)
        check_doors(config, problems);
    check_brokers_named(config, problems);
    check_who(config, has_short_rules, problems);
    check_seal_key(config, problems);
    warn_of(config, problems);
    if (fine_so_far)
        warn_of_losses(config, problems);
    if (problems.is_fine())
        check_rules(config, problems);
}

}  // namespace mucbridge
