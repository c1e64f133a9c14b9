#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mucbridge {

/// The lines that are to be sent: one from the command line, or those of stdin as they come, read on a thread of their
/// own so that a conversation goes on meanwhile. Few are read ahead.
class LineSource {
public:
    explicit LineSource(std::string only_line);
    /// Reads stdin; `on_change` is called on the reader's thread when there is a line, or no more.
    explicit LineSource(std::function<void()> on_change);
    ~LineSource();
    LineSource(const LineSource&) = delete;
    LineSource& operator=(const LineSource&) = delete;

    /// The next line, if there is one by now.
    std::optional<std::string> take();
    /// Waits for the next line; none: there are no more.
    std::optional<std::string> wait();
    /// There is none, and none will come.
    bool is_at_end() const;

private:
    struct Shared;
    static void read(const std::shared_ptr<Shared>& shared);
    std::shared_ptr<Shared> shared_;
};

}  // namespace mucbridge
