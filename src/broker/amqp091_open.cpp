#include "broker/amqp091_open.hpp"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/time.h>

#include <array>
#include <string>

#include "broker/probe.hpp"
#include "broker/tls_probe.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr timeval patience{5, 0};
constexpr int largest_frame = 131072;

/// "" where it is as configured.
std::string set_tls(amqp_socket_t* socket, const BrokerConfig& config) {
    amqp_ssl_socket_set_verify_peer(socket, config.verify ? 1 : 0);
    amqp_ssl_socket_set_verify_hostname(socket, config.verify ? 1 : 0);
    amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
    if (!config.ca_file.empty()) {
        if (amqp_ssl_socket_set_cacert(socket, config.ca_file.c_str()) != AMQP_STATUS_OK)
            return "ca_file " + config.ca_file + " cannot be used";
    } else {
        SSL_CTX_set_default_verify_paths(static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket)));
    }
    if (!config.certificate.empty() &&
        amqp_ssl_socket_set_key(socket, config.certificate.c_str(), config.key.c_str()) != AMQP_STATUS_OK)
        return "certificate " + config.certificate + " and key " + config.key + " cannot be used";
    return {};
}

std::string why_not_opened(int status, const Amqp091Target& target) {
    if (auto why = why_unreachable(target.url.host, target.url.port, 1s); !why.empty())
        return why;
    if (target.url.tls)
        if (const auto why = why_no_tls(target.url, target.config, 1s); !why.empty())
            return "TLS: " + why;
    return amqp_error_string2(status);
}

/// Whom our certificate names: rabbitmq-c wants an identity for EXTERNAL, and RabbitMQ looks at the certificate alone.
std::string name_in_certificate(amqp_socket_t* socket) {
    const auto* certificate = SSL_CTX_get0_certificate(static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket)));
    constexpr std::size_t longest = 256;
    std::array<char, longest> name{};
    const int length = certificate ? X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                                               name.data(), static_cast<int>(name.size()))
                                   : 0;
    return length > 0 ? name.data() : "mucbridge";
}

amqp_rpc_reply_t log_in(amqp_connection_state_t rabbit, const Amqp091Target& target) {
    const auto& config = target.config;
    const std::string name = "mucbridge " + target.origin;
    RabbitTable capabilities, properties;
    for (const std::string_view capability :
         {"publisher_confirms", "basic.nack", "consumer_cancel_notify", "connection.blocked"})
        capabilities.add(capability, true);
    properties.add("product", std::string_view("mucbridge"));
    properties.add("connection_name", std::string_view(name));
    properties.add("capabilities", capabilities);
    const amqp_table_t table = properties.table();
    const auto heartbeat = static_cast<int>(config.keep_alive.count());
    const char* vhost = target.url.vhost.c_str();
    if (target.url.tls && !config.certificate.empty() && config.username.empty())
        return amqp_login_with_properties(rabbit, vhost, 0, largest_frame, heartbeat, &table, AMQP_SASL_METHOD_EXTERNAL,
                                          name_in_certificate(amqp_get_socket(rabbit)).c_str());
    const bool is_named = !config.username.empty();
    return amqp_login_with_properties(rabbit, vhost, 0, largest_frame, heartbeat, &table, AMQP_SASL_METHOD_PLAIN,
                                      is_named ? config.username.c_str() : "guest",
                                      is_named ? config.password.c_str() : "guest");
}

/// What came instead of the connection.
void explain(const amqp_rpc_reply_t& reply, Amqp091Opened& opened) {
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto& close = fields_of<amqp_connection_close_t>(reply.reply);
        opened.reason = describe_close(close.reply_code, close.reply_text);
        opened.is_login_refused = close.reply_code == AMQP_ACCESS_REFUSED;
        return;
    }
    const int status = reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION ? reply.library_error : AMQP_STATUS_OK;
    if (status == AMQP_STATUS_TIMEOUT)
        opened.reason = "no answer within " + std::to_string(patience.tv_sec) + " s";
    else if (status == AMQP_STATUS_CONNECTION_CLOSED || status == AMQP_STATUS_SOCKET_ERROR)
        // AMQP 0-9-1 says no more of a wrong login, where the broker does not know authentication_failure_close.
        opened.reason = "the broker closed the connection before it answered";
    else
        opened.reason = std::string("no AMQP 0-9-1 there: ") + amqp_error_string2(status);
}

}  // namespace

Amqp091Opened open_amqp091(const Amqp091Target& target) {
    Amqp091Opened opened;
    const auto name = to_string(target.url) + ": ";
    Rabbit rabbit(amqp_new_connection());
    amqp_socket_t* socket = !rabbit          ? nullptr
                            : target.url.tls ? amqp_ssl_socket_new(rabbit.get())
                                             : amqp_tcp_socket_new(rabbit.get());
    if (!socket) {
        opened.reason = name + "no memory";
        return opened;
    }
    if (target.url.tls)
        if (const auto why = set_tls(socket, target.config); !why.empty()) {
            opened.reason = name + why;
            return opened;
        }
    timeval limit = patience;
    amqp_set_handshake_timeout(rabbit.get(), &limit);
    amqp_set_rpc_timeout(rabbit.get(), &limit);
    if (const int status = amqp_socket_open_noblock(socket, target.url.host.c_str(), target.url.port, &limit);
        status != AMQP_STATUS_OK) {
        opened.reason = name + why_not_opened(status, target);
        return opened;
    }
    const auto reply = log_in(rabbit.get(), target);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
        opened.rabbit = std::move(rabbit);
        return opened;
    }
    explain(reply, opened);
    opened.reason = name + opened.reason;
    return opened;
}

}  // namespace mucbridge
