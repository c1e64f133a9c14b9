#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mucbridge::bench {

/// A TCP connection that is watched by epoll. Trouble is a std::runtime_error that says whose.
class Connection {
public:
    explicit Connection(std::string name) : name_(std::move(name)) {}
    virtual ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// `poll`, an epoll descriptor, gets this object's address as its datum.
    void connect(int poll, const std::string& address, std::uint16_t port);
    void on_event(std::uint32_t events);
    /// Writes what is queued, as far as the socket takes it; the rest when it takes more.
    void flush();
    /// These last words, if the socket takes them, and no more.
    void close(std::string_view words) noexcept;

protected:
    virtual void on_open() = 0;
    /// All that was not understood yet. What is, is taken off its front; the rest comes again, with more.
    virtual void on_bytes(std::string_view& bytes) = 0;

    void queue(std::string_view bytes) { output_.append(bytes); }
    void send(std::string_view bytes);
    [[noreturn]] void fail(const std::string& what) const;

private:
    void open();
    void read();
    void watch(int operation);

    std::string name_;
    int socket_ = -1, poll_ = -1;
    bool is_open_ = false;
    bool waits_to_write_ = false;
    std::string input_;   // what is not understood yet
    std::string output_;  // what the socket did not take
};

}  // namespace mucbridge::bench
