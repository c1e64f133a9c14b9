#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/broker.hpp"
#include "core/backoff.hpp"
#include "core/config.hpp"
#include "gateway/inbox.hpp"
#include "gateway/loop.hpp"
#include "gateway/pressure.hpp"
#include "gateway/second_copies.hpp"
#include "gateway/subscriptions.hpp"
#include "gateway/window.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace mucbridge {

/// What a link tells the rooms, on its own loop. A room is named by its bare JID.
struct LinkEvents {
    std::function<void(const BrokerFacts&)> on_up;
    std::function<void(const std::string& reason)> on_away;
    std::function<void(const std::string& room, const std::string& filter, const Granted&)> on_granted;
    /// On disk: it will be published, whatever dies.
    std::function<void(const std::string& room, const std::string& id)> on_spooled;
    /// It waits in memory alone, for the disk does not take it and the broker may have it.
    std::function<void(const std::string& room, const std::string& id)> on_waiting;
    /// It will not be published: the spool is full (no reason), or the disk does not take it.
    std::function<void(const std::string& room, const std::string& id, const std::string& reason)> on_full;
    std::function<void(const std::string& room, const std::string& id, const Settlement&)> on_settled;
    std::function<void(std::shared_ptr<Turn>)> on_delivery;
    // Asked of a room, and of a line: see Inbox.
    std::function<Overflow(const std::string& room)> overflow_of = [](const std::string&) { return Overflow::close; };
    Inbox::IsOurs is_ours = [](const Delivery&) { return false; };
};

/// How it stands with a link, for `status`.
struct LinkStatus {
    std::string state;   // "up", "connecting", "down"
    BrokerFacts facts;   // of the latest connection
    std::string reason;  // of being away
    std::size_t in_flight = 0, waiting = 0, spooled = 0;
    std::size_t owed = 0;     // what the disk has yet to forget
    std::size_t unheard = 0;  // delivered, and not yet told to everybody in the rooms
    Spool::SetAsideCount set_aside;
};

/// All that is common to every broker's connection: it connects, and again after each loss (exponential backoff, full
/// jitter, one URL after the other), subscribes again before it drains, keeps lines in order, in a window, until they
/// are settled and home, and on disk while the broker is away or does not settle them. Lives on one loop; only the
/// broker's callbacks and the store's answers come from elsewhere.
class Link {
public:
    using Open = std::function<Result<std::unique_ptr<Broker>>(const BrokerConfig&, BrokerEvents)>;
    /// What outlives the process. The store outlives the link; the journal is null where nothing is to be journalled.
    struct Disk {
        Store& store;
        Journal* journal = nullptr;
    };

    static Result<std::unique_ptr<Link>> make(Loop& loop, const BrokerConfig& config, LinkEvents events,
                                              const Open& open, Disk disk,
                                              std::shared_ptr<BrokerCalls> calls = std::make_shared<BrokerCalls>());
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // Before connect(): what earlier processes left.
    /// A line of their spool, in its old place.
    void restore(Window::Entry entry);
    /// A line of their spool that has no way any longer.
    void set_aside(const Window::Line& line, const std::string& reason, const Store::Job& first = {});
    void restore_set_aside(Spool::SetAsideCount found) { set_aside_ = std::move(found); }
    /// What the broker may still have subscribed for them: it is unsubscribed where no room wants it.
    void restore_filters(std::map<std::string, WallTime> filters);

    /// Of the journal, in its order: what the broker may bring again when it resumes the session.
    void restore_heard(const Delivery& delivery);

    /// Of the journal: where in its streams they were.
    void restore_offsets(std::map<std::string, std::uint64_t> offsets) { offsets_ = std::move(offsets); }

    /// Rooms here are persistent, and miss nothing that the broker can keep for them while we are away. From then on
    /// what it delivers is journalled.
    void keep_session();
    void connect();
    /// Ends in on_settled; or in on_full. on_spooled where the broker is away, or does not settle it soon.
    void publish(Window::Entry entry);
    /// The line is back, or no longer awaited.
    void home(const std::string& id);
    /// Answered by on_granted, now or when the broker is there again.
    void subscribe(const std::string& room, const std::string& filter, const SubscriptionWish& wish);
    void unsubscribe(const std::string& room, const std::string& filter);

    LinkStatus status() const;
    const std::string& name() const { return config_.name; }
    /// Says goodbye and ends the connection. From any thread, once the loop no longer runs.
    void close();

private:
    struct Arrival;  // a delivery on its way from the callback

    Link(Loop& loop, const BrokerConfig& config, LinkEvents events, Disk disk, std::shared_ptr<BrokerCalls> calls);

    // link_deliveries.cpp
    BrokerEvents make_broker_events(std::size_t url);
    void hold_back();
    void take_note(Delivery& delivery);
    void on_arrival(const std::shared_ptr<Arrival>& arrival);

    // link.cpp
    void on_up(const BrokerFacts& facts);
    void on_down(const BrokerDown& down);
    void ask(const std::string& text, const Subscriptions::Filter& filter, bool is_new);
    void keep_filter(const std::string& filter);
    void unsubscribe_former();
    void forget_place(const std::string& filter);
    void on_answer(const std::string& filter, const Granted& granted, std::uint64_t connection);
    void on_settled(const std::string& id, const Settlement& settlement, std::uint64_t connection);
    void connect_later();
    void pump();
    Broker& broker() { return *brokers_[current_]; }

    // link_spool.cpp
    struct Owed {
        std::size_t bytes;
        Store::Job job;
    };
    void write_surely(std::size_t bytes, Store::Job job);
    void owe(Owed owed);
    void keep(Tick added_until);
    void keep_later();
    void put_in_spool(const Window::Entry& entry);
    void on_kept(const std::string& id, const std::string& room, const Result<void>& outcome);
    void leave_spool(const Window::Line& line);
    void set_aside_poison(const Window::Poison& poison);
    void set_aside_old();
    /// For the store's thread: runs the task on the link's loop, unless the link is gone.
    std::function<void(std::function<void()>)> to_loop();

    Loop& loop_;
    BrokerConfig config_;
    LinkEvents events_;
    Disk disk_;
    std::vector<std::unique_ptr<Broker>> brokers_;  // one for each URL
    std::size_t current_ = 0;                       // that is connected, or tried
    Window window_;
    Subscriptions subscriptions_;
    SecondCopies second_copies_;
    std::map<std::string, std::uint64_t> offsets_;  // had last, of streams, by filter
    std::map<std::string, WallTime> wanted_since_, former_filters_since_;
    std::shared_ptr<BrokerCalls> calls_;  // made for each call of a broker that may take its client library's lock
    std::shared_ptr<Pressure> pressure_;
    std::unordered_map<std::string, std::shared_ptr<Inbox>> inboxes_;  // by room
    std::atomic<bool> may_be_held_back_{false}, is_behind_{false};
    BrokerFacts facts_;
    std::string state_ = "connecting", reason_;
    std::uint64_t connection_ = 0;    // counts connections, so that answers of an earlier one are known
    std::size_t answers_wanted_ = 0;  // subscriptions asked again after a reconnect: lines wait for them
    bool has_failed_ = false;         // since it was up
    bool was_up_ = false;             // in this process
    Tick up_since_{};
    int quick_ends_ = 0;  // of connections, by the broker, in a row
    std::atomic<bool> is_session_kept_{false};
    std::atomic<bool> is_journal_failing_{false};
    std::vector<std::string> former_filters_;  // that the broker may have, and no room wants
    bool is_keeping_later_ = false, is_spool_failing_ = false;
    std::deque<Owed> owed_;  // that the disk did not take
    Spool::SetAsideCount set_aside_;
    Backoff backoff_;
    std::shared_ptr<Link*> guard_ = std::make_shared<Link*>(this);  // the store may answer later than we live
};

}  // namespace mucbridge
