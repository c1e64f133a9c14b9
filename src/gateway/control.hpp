#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace mucbridge {

/// Answers questions about this process on a Unix socket in the state directory, mode 0600: "status\n" gets one line of
/// JSON.
class ControlServer {
public:
    static Result<std::unique_ptr<ControlServer>> open(const std::string& path, std::function<std::string()> status);
    ~ControlServer();

private:
    struct Impl;
    explicit ControlServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// STATE/mucbridge.sock
std::string control_path(const std::string& state);
/// Asks the gateway that serves this path. Errors: nobody listens there, or no answer in time.
Result<std::string> ask_control(const std::string& path, const std::string& question,
                                std::chrono::milliseconds patience);

}  // namespace mucbridge
