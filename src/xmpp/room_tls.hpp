#pragma once

#include <gloox/tlsdefault.h>

#include <memory>
#include <string>

#include "xmpp/room_client.hpp"

namespace mucbridge {

/// GnuTLS by way of gloox, made when hands are shaken: to know the system's authorities costs megabytes, which gloox
/// does not give back, and most visits need none. Its own would know no others.
class RoomTls final : public gloox::TLSBase {
public:
    RoomTls(gloox::TLSHandler* handler, const RoomVisit& visit)
        : TLSBase(handler, visit.domain), authorities_(visit.authorities.begin(), visit.authorities.end()) {}

    bool handshake() override {
        tls_ = std::make_unique<gloox::TLSDefault>(m_handler, m_server);
        tls_->init({}, {}, {});
        tls_->setCACerts(authorities_);
        return tls_->handshake();
    }
    bool init(const std::string&, const std::string&, const gloox::StringList&) override { return true; }
    bool encrypt(const std::string& data) override { return tls_ && tls_->encrypt(data); }
    int decrypt(const std::string& data) override { return tls_ ? tls_->decrypt(data) : -1; }
    void cleanup() override {
        if (tls_)
            tls_->cleanup();
    }
    bool isSecure() const override { return tls_ && tls_->isSecure(); }
    bool hasChannelBinding() const override { return tls_ && tls_->hasChannelBinding(); }
    const std::string channelBinding() const override { return tls_ ? tls_->channelBinding() : std::string(); }
    const gloox::CertInfo& fetchTLSInfo() const override { return tls_ ? tls_->fetchTLSInfo() : m_certInfo; }
    void setCACerts(const gloox::StringList&) override {}
    void setClientCert(const std::string&, const std::string&) override {}

private:
    gloox::StringList authorities_;
    std::unique_ptr<gloox::TLSDefault> tls_;
};

}  // namespace mucbridge
