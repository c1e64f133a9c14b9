#include "xmpp/scram.hpp"

#include <algorithm>

#include "core/jid.hpp"
#include "core/saslprep.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "xmpp/base64.hpp"

namespace mucbridge {

namespace {

SaslFailure malformed(std::string text) { return {"malformed-request", std::move(text)}; }

/// Up to the next comma, which goes with it.
std::string_view take_field(std::string_view& rest) {
    const auto comma = rest.find(',');
    const auto field = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    return field;
}

/// "n=romeo" is romeo, where the letter is n.
std::optional<std::string_view> value_of(std::string_view field, char letter) {
    if (field.size() < 2 || field[0] != letter || field[1] != '=')
        return std::nullopt;
    return field.substr(2);
}

/// RFC 5802 §5.1: in a name "=2C" is a comma and "=3D" an equals sign, and no other "=" may be.
std::optional<std::string> unescape_name(std::string_view text) {
    std::string name;
    while (!text.empty()) {
        const auto equals = text.find('=');
        name += text.substr(0, equals);
        if (equals == std::string_view::npos)
            break;
        const auto code = text.substr(equals, 3);
        if (code != "=2C" && code != "=3D")
            return std::nullopt;
        name += code == "=2C" ? ',' : '=';
        text.remove_prefix(equals + 3);
    }
    return name;
}

/// RFC 5802 §7: printable ASCII without a comma.
bool is_nonce(std::string_view text) {
    return !text.empty() && text.size() <= 1024 &&
           std::ranges::all_of(text, [](char byte) { return byte > 0x20 && byte < 0x7F && byte != ','; });
}

/// RFC 5802 §5.1: what may follow are attributes that a server need not know; each once, and none of those `taken`.
bool are_extensions(std::string_view fields, std::string taken) {
    while (!fields.empty()) {
        const auto field = take_field(fields);
        const char letter = field.empty() ? '=' : field[0];
        const bool is_letter = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
        if (!is_letter || field.size() < 3 || field[1] != '=' || taken.find(letter) != std::string::npos)
            return false;
        taken += letter;
    }
    return true;
}

std::string join(std::vector<std::string_view> names) {
    std::ranges::sort(names);
    std::string out;
    for (const auto name : names)
        (out += out.empty() ? "" : "\x1E") += name;
    return out;
}

/// XEP-0474 §6.1.
std::string hash_offer(ScramHash hash, const LoginOffer& offer) {
    std::string text = join(offered_mechanisms(offer));
    if (const auto bindings = offered_bindings(offer); !bindings.empty())
        text += '\x1F' + join(bindings);
    return to_base64(scram_hash(hash, text));
}

std::string exclusive_or(std::string_view a, std::string_view b) {
    std::string out(a);
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<char>(out[i] ^ b[i]);
    return out;
}

}  // namespace

SaslScram::SaslScram(std::string_view mechanism, const LoginOffer& offer, std::string nonce)
    : hash_(mechanism.starts_with("SCRAM-SHA-256") ? ScramHash::sha256 : ScramHash::sha1),
      is_plus_(mechanism.ends_with("-PLUS")),
      domain_(offer.domain),
      offer_hash_(hash_offer(hash_, offer)),
      nonce_(nonce.empty() ? make_random_hex(18) : std::move(nonce)) {
    const Channel& channel = offer.channel;
    for (const auto name : offered_bindings(offer))
        bindings_.emplace(name, name == "tls-exporter" ? channel.tls_exporter : channel.tls_server_end_point);
    // Not on offer, since RFC 9266 has a better one; but who knows of no list takes it to be there.
    if (!bindings_.empty() && !channel.tls_unique.empty())
        bindings_.emplace("tls-unique", channel.tls_unique);
}

SaslStep SaslScram::step(const std::string& response) {
    if (!is_utf8(response) || response.find('\0') != std::string::npos)
        return malformed("want UTF-8 without NUL");
    switch (std::exchange(awaits_, Awaits::nothing)) {
        case Awaits::first:
            return on_first(response);
        case Awaits::final:
            return on_final(response);
        default:
            return malformed("nothing was asked");
    }
}

std::optional<SaslFailure> SaslScram::take_header(std::string_view flag, std::string_view authzid) {
    const bool is_bound = flag.starts_with("p=");
    if (!is_bound && flag != "n" && flag != "y")
        return malformed("want a message that begins with n, y or p=");
    // RFC 5802 §6: somebody hid from the client that we have channel binding.
    if (flag == "y" && !bindings_.empty())
        return SaslFailure{"not-authorized", "channel binding is on offer here, and you were not told"};
    if (is_bound != is_plus_)
        return SaslFailure{"not-authorized", is_plus_ ? "a -PLUS mechanism wants channel binding"
                                                      : "channel binding wants a -PLUS mechanism"};
    if (!authzid.empty()) {
        const auto value = value_of(authzid, 'a');
        const auto name = value ? unescape_name(*value) : std::nullopt;
        if (!name || name->empty())
            return malformed("want a= and a bare JID, or nothing, as the second field");
        authzid_ = *name;
    }
    bound_ = std::string(flag) + ',' + std::string(authzid) + ',';
    if (!is_bound)
        return std::nullopt;
    const auto binding = bindings_.find(flag.substr(2));
    if (binding == bindings_.end())
        return SaslFailure{"not-authorized", "want a channel binding that is on offer"};
    bound_ += binding->second;
    return std::nullopt;
}

/// "n,,n=romeo,r=fyko+d2lbbFgONRv9qkxdawL"
SaslStep SaslScram::on_first(std::string_view message) {
    const auto flag = take_field(message);
    const auto authzid = take_field(message);
    if (auto failure = take_header(flag, authzid))
        return std::move(*failure);
    first_bare_ = message;
    const auto name_field = take_field(message);
    const auto nonce_field = take_field(message);
    if (name_field.starts_with("m="))  // RFC 5802 §5.1: an extension that must be understood
        return malformed("there is no extension that is understood here");
    const auto escaped = value_of(name_field, 'n');
    const auto nonce = value_of(nonce_field, 'r');
    if (!escaped || !nonce || !is_nonce(*nonce))
        return malformed("want n= and a name, then r= and a nonce");
    if (first_bare_.ends_with(',') || !are_extensions(message, "nrm"))
        return malformed("want nothing after the nonce but other attributes, each once");
    const auto written = unescape_name(*escaped);
    if (!written || written->empty())
        return malformed("want =2C and =3D for , and = in a name");
    const auto prepared = saslprep(*written);
    const auto name = prepared ? parse_login_name(*prepared) : prepared;
    if (!name)
        return SaslFailure{"not-authorized", name.error().text};
    username_ = *name;
    if (!may_act_as(authzid_, Jid{username_, domain_, {}}))
        return SaslFailure{"invalid-authzid", "want your own bare JID, or nothing"};
    nonce_.insert(0, *nonce);
    awaits_ = Awaits::verifier;
    return SaslLookup{username_, hash_};
}

SaslStep SaslScram::on_verifier(ScramVerifier verifier) {
    if (awaits_ != Awaits::verifier)
        return malformed("nothing was looked up");
    verifier_ = std::move(verifier);
    server_first_ = "r=" + nonce_ + ",s=" + to_base64(verifier_.salt) + ",i=" + std::to_string(verifier_.iterations) +
                    ",h=" + offer_hash_;
    awaits_ = Awaits::final;
    return SaslChallenge{server_first_};
}

/// "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
SaslStep SaslScram::on_final(std::string_view message) {
    const auto proof_at = message.rfind(",p=");
    if (proof_at == std::string_view::npos)
        return malformed("want a proof, p=, as the last field");
    const auto without_proof = message.substr(0, proof_at);
    const auto proof = parse_base64(message.substr(proof_at + 3));
    auto rest = without_proof;
    const auto bound = value_of(take_field(rest), 'c');
    const auto nonce = value_of(take_field(rest), 'r');
    if (!proof || !bound || !nonce)
        return malformed("want c=, r= and p=, the first and the last in base64");
    if (without_proof.ends_with(',') || !are_extensions(rest, "crpm"))
        return malformed("want nothing between nonce and proof but other attributes, each once");
    if (*nonce != nonce_)
        return SaslFailure{"not-authorized", "want the nonce of this handshake"};
    const auto said = parse_base64(*bound);
    if (!said || !is_equal_secret(*said, bound_))
        return SaslFailure{"not-authorized", "want the header that you began with, and this channel's binding"};
    const std::string signed_text = first_bare_ + ',' + server_first_ + ',' + std::string(without_proof);
    if (!is_proven(*proof, signed_text))
        return SaslFailure{"not-authorized", "", username_};
    return SaslSuccess{username_, false, "v=" + to_base64(scram_hmac(hash_, verifier_.server_key, signed_text))};
}

/// RFC 5802 §3: only who has the password has the key whose hash is kept.
bool SaslScram::is_proven(std::string_view proof, const std::string& signed_text) const {
    const std::string signature = scram_hmac(hash_, verifier_.stored_key, signed_text);
    return proof.size() == signature.size() &&
           is_equal_secret(scram_hash(hash_, exclusive_or(proof, signature)), verifier_.stored_key);
}

}  // namespace mucbridge
