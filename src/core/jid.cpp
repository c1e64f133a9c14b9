#include "core/jid.hpp"

#include <arpa/inet.h>
#include <gloox/jid.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t part_limit = 1023;    // RFC 7622 §3.2 to §3.4, in bytes
constexpr std::size_t gloox_limit = 1022;   // its buffer holds a closing NUL as well
constexpr std::size_t cached_length = 128;  // what is longer is rare, and not worth the memory
constexpr std::size_t generation_size = 1024;

enum class Part { local, domain, resource };
constexpr std::array<std::string_view, 3> part_names{"localpart", "domain", "resource"};

std::string_view name_of(Part part) { return part_names.at(static_cast<std::size_t>(part)); }

Error refuse(Part part, std::string_view text, std::string_view why) {
    std::string sentence = "the " + std::string(name_of(part)) + " ";
    if (!text.empty())
        sentence += "\"" + to_log_text(cut_utf8(text, 80)) + "\" ";
    return Error{sentence + std::string(why)};
}

constexpr bool is_upper(char byte) { return byte >= 'A' && byte <= 'Z'; }
constexpr bool is_control(char byte) { return (byte >= 0 && byte < 0x20) || byte == 0x7F; }
bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char byte) { return byte >= 0; });
}

std::string to_lower(std::string_view ascii) {
    std::string lower(ascii);
    for (char& byte : lower)
        if (is_upper(byte))
            byte = static_cast<char>(byte - 'A' + 'a');
    return lower;
}

/// The last few results of one preparation; Unicode's tables cost microseconds, and the same few names come again and
/// again. Two generations: what was asked for since the last turn survives it.
class PreparationCache {
public:
    const std::string* find(const std::string& text) {
        if (const auto found = young_.find(text); found != young_.end())
            return &found->second;
        const auto found = old_.find(text);
        return found == old_.end() ? nullptr : &keep(text, std::string(found->second));
    }

    const std::string& keep(const std::string& text, std::string prepared) {
        if (young_.size() >= generation_size) {
            old_ = std::move(young_);
            young_.clear();
        }
        return young_.insert_or_assign(text, std::move(prepared)).first->second;
    }

private:
    std::unordered_map<std::string, std::string> young_, old_;
};

/// Stringprep by gloox; false where the profile forbids something.
bool prepare_with_gloox(Part part, const std::string& text, std::string& prepared) {
    gloox::JID jid;
    switch (part) {
        case Part::local:
            if (!jid.setUsername(text))
                return false;
            prepared = jid.username();
            return true;
        case Part::domain:
            if (!jid.setServer(text))
                return false;
            prepared = jid.server();
            return true;
        case Part::resource:
            if (!jid.setResource(text))
                return false;
            prepared = jid.resource();
            return true;
    }
    return false;
}

Result<std::string> prepare_unicode(Part part, std::string_view text) {
    if (!is_utf8(text))
        return refuse(part, text, "is not UTF-8");
    if (text.size() > gloox_limit)
        return refuse(part, {}, "is longer than 1022 bytes");
    thread_local std::array<PreparationCache, part_names.size()> caches;
    PreparationCache& cache = caches.at(static_cast<std::size_t>(part));
    const std::string key(text);
    if (key.size() <= cached_length)
        if (const std::string* known = cache.find(key))
            return *known;
    std::string prepared;
    if (key.find('\0') != std::string::npos || !prepare_with_gloox(part, key, prepared) || !is_utf8(prepared))
        return refuse(part, text, "holds a character that addresses must not hold");
    if (prepared.empty())
        return refuse(part, text, "is empty once it is prepared");
    if (prepared.size() > part_limit)
        return refuse(part, {}, "is longer than 1023 bytes once it is prepared");
    return key.size() <= cached_length ? cache.keep(key, std::move(prepared)) : prepared;
}

/// What every part must be before its own rules are asked.
Result<std::string> prepare_any(Part part, std::string_view text) {
    if (text.empty())
        return refuse(part, {}, "is empty");
    if (text.size() > part_limit)
        return refuse(part, {}, "is longer than 1023 bytes");
    if (!is_ascii(text))
        return prepare_unicode(part, text);
    if (std::any_of(text.begin(), text.end(), is_control))
        return refuse(part, text, "holds a control character");
    return part == Part::resource ? std::string(text) : to_lower(text);
}

Result<std::string> prepare_address_literal(std::string_view text) {
    const std::string lower = to_lower(text);
    in6_addr address{};
    // A NUL would end the text for inet_pton, and what is behind it would pass.
    const bool is_closed = lower.size() > 2 && lower.back() == ']' && lower.find('\0') == std::string::npos;
    if (!is_closed || inet_pton(AF_INET6, lower.substr(1, lower.size() - 2).c_str(), &address) != 1)
        return refuse(Part::domain, text, "is not an IPv6 address in brackets such as [::1]");
    return lower;
}

constexpr bool may_stand_in_domain(char byte) {
    return byte < 0 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte == '_';
}

}  // namespace

Result<std::string> Jid::prepare_local(std::string_view text) {
    auto prepared = prepare_any(Part::local, text);
    // RFC 7622 §3.3.1. Asked after the preparation, which can turn a full-width sign into the forbidden one.
    if (prepared && prepared->find_first_of("\"&'/:<>@ ") != std::string::npos)
        return refuse(Part::local, text, R"(holds a space or one of " & ' / : < > @)");
    return prepared;
}

Result<std::string> Jid::prepare_domain(std::string_view text) {
    if (text.starts_with('[') && text.size() <= part_limit && is_ascii(text))
        return prepare_address_literal(text);
    // RFC 7622 §3.2: a closing dot is taken off before addresses are compared.
    const std::string_view name = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
    auto prepared = prepare_any(Part::domain, name);
    if (!prepared)
        return prepared;
    if (!std::all_of(prepared->begin(), prepared->end(), may_stand_in_domain))
        return refuse(Part::domain, text, "holds what a domain name cannot hold");
    if (prepared->front() == '.' || prepared->back() == '.' || prepared->find("..") != std::string::npos)
        return refuse(Part::domain, text, "has an empty label");
    return prepared;
}

Result<std::string> Jid::prepare_resource(std::string_view text) { return prepare_any(Part::resource, text); }

Result<Jid> Jid::parse(std::string_view text) {
    Jid jid;
    // RFC 7622 §3.2: the first slash ends the domain, the first @ before it ends the localpart.
    const std::size_t slash = text.find('/');
    std::string_view address = text.substr(0, slash);
    if (slash != std::string_view::npos) {
        auto resource = prepare_resource(text.substr(slash + 1));
        if (!resource)
            return resource.error();
        jid.resource = std::move(*resource);
    }
    if (const std::size_t at = address.find('@'); at != std::string_view::npos) {
        auto local = prepare_local(address.substr(0, at));
        if (!local)
            return local.error();
        jid.local = std::move(*local);
        address.remove_prefix(at + 1);
    }
    auto domain = prepare_domain(address);
    if (!domain)
        return domain.error();
    jid.domain = std::move(*domain);
    return jid;
}

std::string to_string(const Jid& jid) {
    std::string text;
    text.reserve(jid.local.size() + jid.domain.size() + jid.resource.size() + 2);
    if (!jid.local.empty())
        text.append(jid.local) += '@';
    text += jid.domain;
    if (!jid.resource.empty())
        (text += '/') += jid.resource;
    return text;
}

}  // namespace mucbridge

std::size_t std::hash<mucbridge::Jid>::operator()(const mucbridge::Jid& jid) const noexcept {
    const std::hash<std::string_view> part_hash;
    const auto mix = [](std::size_t seed, std::size_t value) {
        return seed ^ (value + 0x9E3779B97F4A7C15U + (seed << 6U) + (seed >> 2U));
    };
    return mix(mix(part_hash(jid.domain), part_hash(jid.local)), part_hash(jid.resource));
}
