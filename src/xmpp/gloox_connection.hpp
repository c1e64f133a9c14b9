#pragma once

#include <gloox/connectionbase.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace mucbridge {

/// gloox's way to a server over our own loop: gloox's own connections use select(), which aborts on a descriptor of
/// 1024 or more, and block. Asynchronous throughout; everything happens on the io_context.
/// After Client::setConnectionImpl(), which takes it, call registerConnectionDataHandler(client): gloox does not.
class GlooxConnection : public gloox::ConnectionBase {
public:
    GlooxConnection(boost::asio::io_context& io, std::string host, std::uint16_t port);
    ~GlooxConnection() override;
    GlooxConnection(const GlooxConnection&) = delete;
    GlooxConnection& operator=(const GlooxConnection&) = delete;

    /// Begins; the handler hears how it ended.
    gloox::ConnectionError connect() override;
    bool send(const std::string& data) override;
    /// What was sent is still written, for some seconds; nothing more is heard.
    void disconnect() override;
    /// Closes the socket at once.
    void cut();
    void cleanup() override;
    /// There is nothing to poll: the io_context does it.
    gloox::ConnectionError recv(int timeout = -1) override;
    gloox::ConnectionError receive() override;
    void getStatistics(long& total_in, long& total_out) override;
    gloox::ConnectionBase* newInstance() const override;

    /// Why it failed or ended, in words; empty as long as it has not.
    const std::string& reason() const { return reason_; }
    /// How much of what was sent is not written yet. Nothing bounds it but whoever sends.
    std::size_t unwritten() const;
    /// Whether all that was sent is written.
    bool is_drained() const;

private:
    class Wire;
    void on_connected();
    void on_received(const std::string& data);
    void on_failed(gloox::ConnectionError error, const std::string& reason);

    boost::asio::io_context& io_;
    std::shared_ptr<Wire> wire_;
    std::string reason_;
    long total_in_ = 0, total_out_ = 0;
};

}  // namespace mucbridge
