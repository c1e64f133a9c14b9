#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace mucbridge {

/// Keeps apart what would wait for each other: a callback that is held back may hold its client library's lock, which
/// is one for all the brokers of that library, and a loop that calls a broker waits for that lock. So a call ends every
/// hold. Shared by all links of a gateway.
class BrokerCalls {
public:
    /// While it lives, its thread calls brokers.
    class Call {
    public:
        explicit Call(BrokerCalls& calls);
        ~Call() { --calls_.calls_; }
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

    private:
        BrokerCalls& calls_;
    };

private:
    friend class Pressure;
    void wake();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<std::size_t> calls_{0}, held_{0};
};

/// How much of what a broker delivered waits for its rooms, on whatever loop: counted when it comes, given back when it
/// is handled. At the bound the broker's callback waits, and so does the broker. From any thread.
class Pressure {
public:
    struct Load {
        std::size_t lines = 0, bytes = 0;
    };

    /// What something takes up for as long as it lives.
    class Place {
    public:
        Place(std::shared_ptr<Pressure> pressure, Load load);
        ~Place() { pressure_->give_back(load_); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        /// Its bytes remain.
        void give_back_lines() { pressure_->give_back({std::exchange(load_.lines, 0), 0}); }

    private:
        std::shared_ptr<Pressure> pressure_;
        Load load_;
    };

    enum class Outcome { at_once, waited, interrupted, too_long };

    Pressure(Load bound, std::shared_ptr<BrokerCalls> calls) : bound_(bound), calls_(std::move(calls)) {}

    /// In a broker's callback, and never on a loop: waits until there is place, or a loop calls a broker, or the time
    /// is over.
    Outcome hold_back(std::chrono::milliseconds at_most);
    Load bound() const { return bound_; }
    Load load() const { return {lines_, bytes_}; }

private:
    bool is_full() const { return lines_ >= bound_.lines || bytes_ >= bound_.bytes; }
    bool has_room() const;
    void give_back(Load load);

    const Load bound_;
    const std::shared_ptr<BrokerCalls> calls_;
    std::atomic<std::size_t> lines_{0}, bytes_{0};
};

}  // namespace mucbridge
