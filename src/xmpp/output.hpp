#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "xmpp/backlog.hpp"

namespace mucbridge {

/// The bytes that wait to be written to one session. Has no memory of its own while there are none.
class Output {
public:
    explicit Output(Backlog& backlog) : backlog_(backlog) {}
    ~Output() { backlog_.shrink(size()); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    std::size_t size() const { return bytes_.size() - written_; }
    bool empty() const { return size() == 0; }
    std::string_view unwritten() const { return std::string_view(bytes_).substr(written_); }
    void append(std::initializer_list<std::string_view> parts);
    /// So many from the front are on the wire.
    void wrote(std::size_t bytes);
    /// All of them, for a shell without a socket.
    std::string take();
    std::size_t memory() const { return bytes_.capacity(); }
    /// Something waits, and nothing of it was written while much was told to others.
    bool is_stuck() const { return !empty() && backlog_.is_long_ago(moved_at_); }

private:
    void make_place(std::size_t more);

    Backlog& backlog_;
    std::string bytes_;
    std::size_t written_ = 0;     // at the front of bytes_
    std::uint64_t moved_at_ = 0;  // what the backlog had told when something was last written, or there was nothing
};

}  // namespace mucbridge
