#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "xmpp/session.hpp"

namespace mucbridge {

/// Accepts on one address ("xmpp://127.0.0.1:61222", "xmpp://[::1]:61222", port 0: any) and hands each socket to
/// `on_socket`, on the listener's io_context. Errors of opening name the URL and the reason.
class Listener {
public:
    using OnSocket = std::function<void(int native_socket, std::string peer)>;
    static Result<std::unique_ptr<Listener>> open(boost::asio::io_context& io, const std::string& url,
                                                  OnSocket on_socket);
    ~Listener();
    /// "xmpp://127.0.0.1:61222", with the port that was really taken.
    const std::string& url() const;
    void stop();

private:
    struct Impl;
    explicit Listener(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Is the listen URL's host the loopback? Errors name what a listen URL looks like.
Result<bool> is_loopback(const std::string& listen_url);

}  // namespace mucbridge
