#pragma once

#include <proton/connection.hpp>
#include <proton/delivery.hpp>
#include <proton/message.hpp>
#include <proton/receiver.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>

#include "broker/amqp10_profile.hpp"
#include "broker/amqp10_undecoded.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// What comes from the broker: for each filter a receiver, in a session of its own. Where the profile has them, kept
/// ones are durable subscriptions, known to the broker by the container's and the link's names. Lives on the broker's
/// thread.
class Amqp10Receivers {
public:
    using Answered = std::function<void(Granted)>;
    using OnDelivery = std::function<void(Delivery)>;

    Amqp10Receivers(proton::connection connection, const Amqp10Profile& profile, std::string origin,
                    OnDelivery on_delivery);

    struct Wish {
        int qos = 0;
        bool is_kept = false;
    };
    /// Answers as often as the answer is another: what is refused is asked for again, now and then. `is_fresh`: what an
    /// earlier process left in a durable subscription is not wanted.
    void subscribe(const std::string& filter, Wish wish, bool is_fresh, Answered answered);
    void unsubscribe(const std::string& filter);
    /// From now on all subscriptions are durable. The new one is read before the old one ends; what comes at that
    /// moment may come from both.
    void keep_all();
    void on_open(const proton::receiver& link);
    void on_message(proton::delivery& transfer, const proton::message& message);
    /// After an exception in the driver: what it kept to itself.
    void read_undecoded();
    /// Does what is due; whenever some time has passed.
    void look_after();
    /// Closed or detached, by the broker or because we asked.
    void on_ended(const proton::receiver& link, const std::string& condition, const std::string& why);
    /// What nobody will answer any more.
    void give_up(const std::string& why);

private:
    using Clock = std::chrono::steady_clock;

    struct Receiver {
        std::string filter;
        Wish wish;
        Answered answered;
        proton::receiver link;
        std::optional<bool> told = {};                // the latest answer
        std::optional<Clock::time_point> again = {};  // when it is opened again; none: it is open, or asked for
        bool is_to_forget = false;                    // closes when it opens: a durable subscription ends so
        bool is_to_begin = false;                     // and is opened anew then
        bool is_current = true;                       // of its filter: the others are on their way out
        unsigned failures = 0;                        // since it was open

        void answer(Granted granted) {
            if (answered && told != granted.granted)
                answered(granted);
            told = granted.granted;
        }
    };

    Receiver* find(const proton::receiver& link);
    Amqp10Verdict judge(const proton::receiver& link, const proton::message& message);
    static void warn_of(const Receiver& receiver, const std::string& why);
    Receiver* current(const std::string& filter);
    bool is_durable(const Wish& wish) const { return wish.is_kept && profile_.has_durable_sources(); }
    void open(Receiver& receiver);
    void drop(const Receiver& receiver);

    proton::connection connection_;
    const Amqp10Profile& profile_;
    const std::string origin_;
    const OnDelivery on_delivery_;
    std::list<Receiver> receivers_;
};

}  // namespace mucbridge
