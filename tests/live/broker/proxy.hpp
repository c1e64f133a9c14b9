#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

/// Stands between a client and a mosquitto, and fails as networks do.
class Proxy {
public:
    enum class Side { client, broker };
    static constexpr int puback = 0x40, pubrec = 0x50, pubrel = 0x60, pubcomp = 0x70;

    explicit Proxy(std::uint16_t server);
    ~Proxy();
    std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
    /// The next packet of that type which that side sends is lost, and the connection with it.
    void cut_at(Side side, int type);
    /// The broker's next PUBACK says "packet identifier in use".
    void refuse_next_id() { refuses_id_ = true; }
    /// Carries nothing more, and closes nothing.
    void fall_silent(bool silent) { silent_ = silent; }

private:
    void run();
    void serve(int client);
    bool pump(Side side, int from, int to);

    const std::uint16_t server_;
    int listener_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stop_{false}, silent_{false}, refuses_id_{false};
    std::atomic<int> cut_at_client_{0}, cut_at_broker_{0};  // packet types; 0: none
    std::vector<std::thread> connections_;
    std::thread thread_;
};
