#include "xmpp/gloox_connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace mucbridge {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds patience{5};  // from the end of a connection to the end of its socket
constexpr std::size_t kept_output_bytes = 256 * 1024;

}  // namespace

/// The socket, which lives until its last handler has run; the connection before it may be gone by then.
class GlooxConnection::Wire : public std::enable_shared_from_this<Wire> {
public:
    Wire(GlooxConnection& owner, boost::asio::io_context& io)
        : owner_(&owner), resolver_(io), socket_(io), timer_(io) {}

    void connect(const std::string& host, std::uint16_t port) {
        resolver_.async_resolve(
            host, std::to_string(port),
            [self = shared_from_this()](error_code error, const tcp::resolver::results_type& found) {
                if (error)
                    self->fail(gloox::ConnDnsError, error);
                else
                    self->connect(found);
            });
    }

    /// All that is sent in one turn of the loop goes out at once.
    void send(const std::string& data) {
        output_ += data;
        if (!std::exchange(is_writing_, true))
            boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->write(); });
    }

    /// The owner hears nothing more. What waits is written and the peer may close first: were the socket closed while
    /// bytes of the peer are unread, the last that was written could be lost (RFC 1122 §4.2.2.13). All bounded in time.
    void let_go() {
        if (std::exchange(owner_, nullptr) == nullptr)
            return;
        resolver_.cancel();
        if (!is_connected_)
            return close();
        timer_.expires_after(patience);
        timer_.async_wait([self = shared_from_this()](error_code stopped) {
            if (!stopped)
                self->close();
        });
        end_output();
    }

    /// The same at once, without what waits.
    void cut() {
        owner_ = nullptr;
        resolver_.cancel();
        close();
    }

    std::size_t unwritten() const { return output_.size() - written_; }

private:
    void connect(const tcp::resolver::results_type& found) {
        boost::asio::async_connect(socket_, found, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
            if (error)
                return self->fail(gloox::ConnConnectionRefused, error);
            if (self->owner_ == nullptr)
                return self->close();
            self->is_connected_ = true;
            self->socket_.set_option(tcp::no_delay(true), error);
            self->socket_.non_blocking(true, error);
            self->read();
            self->owner_->on_connected();
        });
    }

    void read() {
        socket_.async_read_some(boost::asio::buffer(incoming_),
                                [self = shared_from_this()](error_code error, std::size_t bytes) {
                                    if (error)
                                        return self->fail(gloox::ConnStreamClosed, error);
                                    if (self->owner_ != nullptr)
                                        self->owner_->on_received({self->incoming_.data(), bytes});
                                    if (self->is_connected_)
                                        self->read();
                                });
    }

    void write() {
        error_code error;
        while (is_connected_ && !error && unwritten() > 0)
            written_ += socket_.write_some(boost::asio::buffer(output_) + written_, error);
        forget_written();
        if (error == boost::asio::error::would_block)
            return socket_.async_wait(tcp::socket::wait_write,
                                      [self = shared_from_this()](error_code) { self->write(); });
        // After any other error the read tells why, after the peer's last words.
        is_writing_ = false;
        if (owner_ == nullptr)
            end_output();
    }

    void forget_written() {
        if (unwritten() > 0 && written_ <= output_.size() / 2)
            return;
        output_.erase(0, written_);
        written_ = 0;
        if (output_.empty() && output_.capacity() > kept_output_bytes)
            std::string().swap(output_);
    }

    void end_output() {
        error_code ignored;
        if (unwritten() == 0)
            socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }

    void fail(gloox::ConnectionError error, const error_code& code) {
        close();
        if (auto* owner = std::exchange(owner_, nullptr))
            owner->on_failed(error,
                             code == boost::asio::error::eof ? "the server closed the connection" : code.message());
    }

    void close() {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_both, ignored);
        socket_.close(ignored);
        timer_.cancel();
        output_.clear();
        written_ = 0;
        is_connected_ = false;
    }

    GlooxConnection* owner_;
    tcp::resolver resolver_;
    tcp::socket socket_;
    boost::asio::steady_timer timer_;
    bool is_connected_ = false;
    std::array<char, 16384> incoming_{};
    std::string output_;
    std::size_t written_ = 0;  // bytes at its front
    bool is_writing_ = false;
};

GlooxConnection::GlooxConnection(boost::asio::io_context& io, std::string host, std::uint16_t port)
    : ConnectionBase(nullptr), io_(io) {
    setServer(host, port);
}

GlooxConnection::~GlooxConnection() { cleanup(); }

gloox::ConnectionError GlooxConnection::connect() {
    reason_.clear();
    m_state = gloox::StateConnecting;
    wire_ = std::make_shared<Wire>(*this, io_);
    wire_->connect(m_server, static_cast<std::uint16_t>(m_port));
    return gloox::ConnNoError;
}

bool GlooxConnection::send(const std::string& data) {
    if (m_state != gloox::StateConnected)
        return false;
    total_out_ += static_cast<long>(data.size());
    wire_->send(data);
    return true;
}

void GlooxConnection::disconnect() { cleanup(); }

void GlooxConnection::cut() {
    m_state = gloox::StateDisconnected;
    if (wire_)
        wire_->cut();
}

void GlooxConnection::cleanup() {
    m_state = gloox::StateDisconnected;
    if (wire_)
        wire_->let_go();
}

gloox::ConnectionError GlooxConnection::recv(int) { return gloox::ConnNoError; }

gloox::ConnectionError GlooxConnection::receive() { return gloox::ConnNoError; }

void GlooxConnection::getStatistics(long& total_in, long& total_out) {
    total_in = total_in_;
    total_out = total_out_;
}

gloox::ConnectionBase* GlooxConnection::newInstance() const {
    return new GlooxConnection(io_, m_server, static_cast<std::uint16_t>(m_port));  // NOLINT: gloox owns by pointer
}

std::size_t GlooxConnection::unwritten() const { return wire_ ? wire_->unwritten() : 0; }

bool GlooxConnection::is_drained() const { return unwritten() == 0; }

void GlooxConnection::on_connected() {
    m_state = gloox::StateConnected;
    m_handler->handleConnect(this);
}

void GlooxConnection::on_received(const std::string& data) {
    total_in_ += static_cast<long>(data.size());
    m_handler->handleReceivedData(this, data);
}

void GlooxConnection::on_failed(gloox::ConnectionError error, const std::string& reason) {
    m_state = gloox::StateDisconnected;
    reason_ = reason;
    m_handler->handleDisconnect(this, error);
}

}  // namespace mucbridge
