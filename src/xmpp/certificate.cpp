#include "xmpp/certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>

#include "xmpp/pem.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view id_on_xmpp_addr = "1.3.6.1.5.5.7.8.5";

using AlternativeNames = std::unique_ptr<GENERAL_NAMES, decltype([](GENERAL_NAMES* its) { GENERAL_NAMES_free(its); })>;

std::string_view to_view(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool is_xmpp_address(const GENERAL_NAME& name) {
    if (name.type != GEN_OTHERNAME || name.d.otherName->value->type != V_ASN1_UTF8STRING)
        return false;
    std::array<char, 64> oid{};
    OBJ_obj2txt(oid.data(), oid.size(), name.d.otherName->type_id, 1);
    return oid.data() == id_on_xmpp_addr;
}

struct Names {
    std::vector<std::string> dns, xmpp;
};

Names alternative_names(const X509& certificate) {
    const AlternativeNames all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    Names out;
    for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
        const GENERAL_NAME& name = *sk_GENERAL_NAME_value(all.get(), i);
        if (name.type == GEN_DNS)
            out.dns.emplace_back(to_view(name.d.dNSName));
        else if (is_xmpp_address(name))
            out.xmpp.emplace_back(to_view(name.d.otherName->value->value.utf8string));
    }
    return out;
}

std::optional<std::string> common_name(const X509& certificate) {
    X509_NAME* subject = X509_get_subject_name(&certificate);
    const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0)
        return std::nullopt;
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    if (size < 0)
        return std::nullopt;
    std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return out;
}

std::chrono::system_clock::time_point to_time(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

bool is_same(std::string_view a, std::string_view b) {
    const auto to_lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return to_lower(x) == to_lower(y); });
}

/// "*.example.org" is for "chat.example.org", not for "example.org" nor "a.chat.example.org".
bool stands_for(std::string_view name, std::string_view domain) {
    if (!name.starts_with("*."))
        return is_same(name, domain);
    const auto dot = domain.find('.');
    return dot != 0 && dot != std::string_view::npos && is_same(name.substr(1), domain.substr(dot));
}

}  // namespace

bool CertificateFacts::is_for(std::string_view domain) const {
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return stands_for(name, domain); });
}

Result<CertificateFacts> read_certificate(const std::string& file) {
    const auto found = read_certificates(file);
    if (!found)
        return found.error();
    const X509& certificate = *found->front();
    auto [names, addresses] = alternative_names(certificate);
    if (names.empty())
        if (auto name = common_name(certificate))
            names.push_back(std::move(*name));
    names.insert(names.end(), addresses.begin(), addresses.end());
    return CertificateFacts{std::move(names), to_time(X509_get0_notBefore(&certificate)),
                            to_time(X509_get0_notAfter(&certificate))};
}

Result<void> check_key(const std::string& certificate_file, const std::string& key_file) {
    const auto certificates = read_certificates(certificate_file);
    if (!certificates)
        return certificates.error();
    const auto key = read_key(key_file);
    if (!key)
        return key.error();
    const bool fits = X509_check_private_key(certificates->front().get(), key->get()) == 1;
    take_openssl_error({});
    if (!fits)
        return Error{key_file, ": is not the key of the first certificate in ", certificate_file};
    return {};
}

std::vector<Jid> xmpp_addresses(const X509& certificate) {
    std::vector<Jid> out;
    for (const auto& text : alternative_names(certificate).xmpp)
        if (const auto jid = Jid::parse(text))
            out.push_back(*jid);
    return out;
}

}  // namespace mucbridge
