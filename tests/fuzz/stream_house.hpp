#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/memory.hpp"
#include "gateway/hub.hpp"
#include "stream_actor.hpp"
#include "stream_model.hpp"
#include "stream_steps.hpp"

namespace mucbridge::stream_fuzz {

/// A gateway without sockets and threads, a broker in the process, a clock that is wound by hand, and the model beside
/// them. Each function throws Broken.
class House {
public:
    explicit House(const Setup& setup);
    ~House();
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    void begin();
    void play(const Step& step);
    /// The broker comes back, time passes, nothing is undecided; then everybody goes, and nothing is left.
    void finish();

    /// What was done, for a finding.
    const std::vector<std::string>& transcript() const { return transcript_; }
    std::size_t lines_shown() const { return world_.lines_shown(); }

private:
    struct Wire {
        Session* session = nullptr;
        std::string rest;  // cut off, for the next time
    };

    void log_in(unsigned who, unsigned choice);
    void hang_up(unsigned who, unsigned how);
    void send(const Step& step, std::string bytes);
    void give(unsigned who, const std::string& bytes, bool is_login);
    bool read(unsigned who);
    void hear(Client& client, std::string_view bytes);
    void end(unsigned who);
    void settle();

    // stream_broker.cpp
    void publish(const Step& step);
    void put_properties(const Step& step, Publication& publication, const std::string& nick);
    void trouble(const Step& step);
    void on_delivery(const Delivery& delivery);
    void wait_for_broker();

    void wind(std::chrono::milliseconds time);
    void write(std::string words) { transcript_.push_back(std::move(words)); }

    const Setup setup_;
    unsigned lives_ = 0, nameless_ = 0;
    Now now_;
    std::shared_ptr<MemoryBus> bus_ = std::make_shared<MemoryBus>();
    World world_;
    Actor actor_;
    std::vector<Wire> wires_;
    std::vector<std::string> transcript_;
    std::deque<Delivery> captured_;                         // of the gateway's own, for those who repeat them
    std::vector<std::pair<std::string, std::string>> own_;  // published beside it, not heard yet
    bool holds_settlements_ = false, holds_deliveries_ = false;
    std::shared_ptr<void> listening_;
    std::unique_ptr<Hub> hub_;  // the last, so that it goes first
};

/// Small, so that they are met.
const Config& config();

}  // namespace mucbridge::stream_fuzz
