#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/jid.hpp"
#include "core/result.hpp"

using X509 = struct x509_st;

namespace mucbridge {

/// Whom a certificate is for, and how long.
struct CertificateFacts {
    /// "example.org", "*.example.org": its DNS names, or its common name where it has none (RFC 6125 §6.4.4), and its
    /// XMPP addresses (RFC 6120 §13.7.1.4).
    std::vector<std::string> names;
    std::chrono::system_clock::time_point not_before, not_after;

    /// RFC 6125 §6.4: without regard to case; "*" stands for one whole label, the leftmost.
    bool is_for(std::string_view domain) const;
};

/// The first certificate of a PEM file. Errors: "tls.crt: cannot be read: No such file or directory", "tls.crt: has no
/// certificate in it (want PEM: \"-----BEGIN CERTIFICATE-----\")".
Result<CertificateFacts> read_certificate(const std::string& file);

/// Is the key in this PEM file the certificate's? Errors name the file and what is wrong with it.
Result<void> check_key(const std::string& certificate_file, const std::string& key_file);

/// The XMPP addresses that a certificate vouches for: its otherNames id-on-xmppAddr (XEP-0178 §2). What is no address
/// is passed over.
std::vector<Jid> xmpp_addresses(const X509& certificate);

}  // namespace mucbridge
