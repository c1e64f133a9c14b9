#include "fuzz/sasl_client.hpp"

#include <algorithm>
#include <array>

#include "xmpp/base64.hpp"

namespace mucbridge::fuzz {

namespace {

constexpr std::string_view salt = "W22ZaJ0SNY7soEsU";

void replace(std::string& text, std::string_view mark, const std::string& by) {
    if (const auto at = text.find(mark); at != std::string::npos)
        text.replace(at, mark.size(), by);
}

bool has_binding(const Channel& channel) {
    return channel.is_encrypted && (!channel.tls_exporter.empty() || !channel.tls_server_end_point.empty());
}

/// tls-unique is not on offer, but is taken from who knows nothing newer, where there is anything on offer.
std::string binding_of(std::string_view type, const Channel& channel) {
    if (!has_binding(channel))
        return {};
    if (type == "tls-exporter")
        return channel.tls_exporter;
    if (type == "tls-unique")
        return channel.tls_unique;
    return type == "tls-server-end-point" ? channel.tls_server_end_point : std::string();
}

/// "p=tls-exporter,,n=..." names tls-exporter; nothing where the first letter is another.
std::string_view type_in(std::string_view message) {
    return message.starts_with("p=") ? message.substr(2, message.find(',') - 2) : std::string_view();
}

}  // namespace

ScramVerifier verifier_of(std::string_view username, ScramHash hash) {
    ScramVerifier kept = make_scram_verifier(hash, password, salt, 1);
    if (username != account)
        std::ranges::reverse(kept.stored_key);  // as good as random: no proof fits
    return kept;
}

ScramHash ScramTalk::hash() const { return mechanism.starts_with("SCRAM-SHA-1") ? ScramHash::sha1 : ScramHash::sha256; }

std::string ScramTalk::header() const {
    const auto comma = first.find(',');
    const auto second = comma == std::string::npos ? comma : first.find(',', comma + 1);
    return second == std::string::npos ? std::string() : first.substr(0, second + 1);
}

std::string ScramTalk::bare() const { return first.substr(header().size()); }

std::string ScramTalk::nonce() const {
    return server_first.starts_with("r=") ? server_first.substr(2, server_first.find(',') - 2) : std::string();
}

std::string ScramTalk::bound(const Channel& channel) const {
    return to_base64(header() + binding_of(type_in(first), channel));
}

std::string ScramTalk::proof_of(std::string_view without_proof) const {
    const std::string text = bare() + "," + server_first + "," + std::string(without_proof);
    const std::string salted = scram_hmac(hash(), password, std::string(salt) + std::string("\0\0\0\1", 4));
    std::string key = scram_hmac(hash(), salted, "Client Key");
    const std::string signature = scram_hmac(hash(), scram_hash(hash(), key), text);
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<char>(key[i] ^ signature[i]);
    return to_base64(key);
}

std::string ScramTalk::fill_in(std::string message, const Channel& channel) const {
    replace(message, "{nonce}", nonce());
    replace(message, "{bound}", bound(channel));
    if (const auto at = message.find(",p={proof}"); at != std::string::npos)
        message.replace(at + 3, std::string_view("{proof}").size(), proof_of(message.substr(0, at)));
    return message;
}

bool ScramTalk::has_right_flag(const Channel& channel) const {
    if (mechanism.ends_with("-PLUS"))
        return !binding_of(type_in(first), channel).empty();
    return first.starts_with("n,") || (first.starts_with("y,") && !has_binding(channel));
}

bool ScramTalk::proves(std::string_view final, const Channel& channel) const {
    const auto proof = final.rfind(",p=");
    const std::string begins = "c=" + bound(channel) + ",r=" + nonce();
    if (proof == std::string_view::npos || nonce().empty() || !has_right_flag(channel))
        return false;
    const auto without_proof = final.substr(0, proof);
    return (without_proof == begins || without_proof.starts_with(begins + ",")) &&
           final.substr(proof + 3) == proof_of(without_proof);
}

bool ScramTalk::is_plain() const {
    const std::string begins = header() + "n=romeo,r=";
    const auto theirs = std::string_view(first).substr(std::min(first.size(), begins.size()));
    return header().ends_with(",,") && first.starts_with(begins) && !theirs.empty() &&
           std::ranges::all_of(theirs, [](char byte) { return byte >= 'A' && byte <= 'z'; });
}

bool is_sasl_condition(std::string_view name) {
    constexpr std::array names{"aborted",
                               "account-disabled",
                               "credentials-expired",
                               "encryption-required",
                               "incorrect-encoding",
                               "invalid-authzid",
                               "invalid-mechanism",
                               "malformed-request",
                               "mechanism-too-weak",
                               "not-authorized",
                               "temporary-auth-failure"};
    return std::ranges::find(names, name) != names.end();
}

}  // namespace mucbridge::fuzz
