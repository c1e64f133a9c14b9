#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

/// Stands before a mosquitto and refuses MQTT 5 as brokers do that are older than it; MQTT 3.1.1 passes through.
class OldBroker {
public:
    /// `refusal`: the bytes that answer an MQTT 5 CONNECT before the close; `times`: after so many it passes, too.
    OldBroker(std::uint16_t server, std::string refusal, int times = std::numeric_limits<int>::max());
    /// So many more are refused.
    void refuse_again(int times) { refusals_ = times; }
    ~OldBroker();
    std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
    int asked_for_mqtt5() const { return asked_; }

private:
    void run();
    void serve(int client);

    const std::uint16_t server_;
    const std::string refusal_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<int> asked_{0}, refusals_;
    std::atomic<bool> stop_{false};
    std::vector<std::thread> connections_;
    std::thread thread_;
};
