#include "gateway/link.hpp"

#include <spdlog/spdlog.h>

#include "core/utf8.hpp"

namespace mucbridge {

namespace {
constexpr std::chrono::milliseconds first_delay{500}, longest_delay{30000}, shortest_delay{50};
/// A broker that leaves a resubscription unanswered does not hold up the lines that wait for longer than this.
constexpr std::chrono::seconds answer_wait{5};
/// A session that the broker ends so soon, so many times running, is given up: what earlier processes left half-done at
/// QoS 2 can be more than the broker bears, for ever.
constexpr std::chrono::seconds quick_end{2};
constexpr int most_quick_ends = 5;
}  // namespace

Result<std::unique_ptr<Link>> Link::make(Loop& loop, const BrokerConfig& config, LinkEvents events, const Open& open,
                                         Disk disk, std::shared_ptr<BrokerCalls> calls) {
    std::unique_ptr<Link> link(new Link(loop, config, std::move(events), disk, std::move(calls)));
    std::vector<std::string> urls{config.url};
    urls.insert(urls.end(), config.more_urls.begin(), config.more_urls.end());
    for (std::size_t i = 0; i < urls.size(); ++i) {
        BrokerConfig one = config;
        one.url = urls[i];
        auto broker = open(one, link->make_broker_events(i));
        if (!broker)
            return broker.error();
        link->brokers_.push_back(std::move(*broker));
    }
    return link;
}

Link::Link(Loop& loop, const BrokerConfig& config, LinkEvents events, Disk disk, std::shared_ptr<BrokerCalls> calls)
    : loop_(loop),
      config_(config),
      events_(std::move(events)),
      disk_(disk),
      window_(config.queue_lines, config.queue_bytes),
      subscriptions_(address_kind_of(config)),
      calls_(std::move(calls)),
      pressure_(std::make_shared<Pressure>(Pressure::Load{config.queue_lines, config.queue_bytes}, calls_)),
      backoff_(shortest_delay, first_delay, longest_delay) {}

Link::~Link() {
    guard_.reset();
    close();
}

void Link::restore_filters(std::map<std::string, WallTime> filters) {
    for (const auto& [filter, since] : filters)
        former_filters_.push_back(filter);
    std::erase_if(filters, [](const auto& filter) { return filter.second == WallTime{}; });
    former_filters_since_ = std::move(filters);
}

void Link::keep_session() {
    if (is_session_kept_.exchange(true))
        return;
    for (const auto& broker : brokers_)
        broker->keep_session(true);
    for (const auto& [text, filter] : subscriptions_.filters())
        keep_filter(text);
}

void Link::keep_filter(const std::string& filter) {
    disk_.store.write(filter.size(), [name = config_.name, filter, since = wanted_since_[filter]](Tables& tables) {
        return tables.rooms.add_filter(name, filter, since);
    });
}

/// The first connection of a process begins anew, unless rooms are there that were there before; the others go on where
/// the former ended.
void Link::connect() {
    state_ = "connecting";
    const bool is_unbearable = quick_ends_ >= most_quick_ends;
    if (is_unbearable)
        spdlog::warn(
            "broker {}: it ended the session {} times as soon as it was resumed: a new one begins, and what it "
            "kept for us is lost",
            config_.name, quick_ends_);
    if (is_unbearable)
        quick_ends_ = 0;
    const bool is_first = !was_up_ && !is_session_kept_;
    while (is_first && !offsets_.empty())
        forget_place(std::string(offsets_.begin()->first));
    if (is_first)
        former_filters_since_.clear();
    broker().connect(is_unbearable || is_first);
}

void Link::on_up(const BrokerFacts& facts) {
    spdlog::info("broker {}: connected to {} ({})", config_.name, facts.endpoint, facts.protocol);
    state_ = "up";
    reason_.clear();
    has_failed_ = false;
    was_up_ = true;
    up_since_ = loop_.now().tick;
    second_copies_.on_up(facts.has_session);
    backoff_.reset();
    facts_ = facts;
    ++connection_;
    window_.set_size(facts.window);
    const BrokerCalls::Call call(*calls_);
    broker().announce("online");
    events_.on_up(facts);
    unsubscribe_former();
    answers_wanted_ = subscriptions_.filters().size();
    for (const auto& [text, filter] : subscriptions_.filters())
        ask(text, filter, false);
    if (answers_wanted_ > 0) {
        loop_.at(loop_.now().tick + answer_wait, [this, connection = connection_] {
            if (connection == connection_ && answers_wanted_ > 0) {
                answers_wanted_ = 0;
                pump();
            }
        });
    }
    pump();
}

void Link::on_down(const BrokerDown& down) {
    const bool was_up = state_ == "up";
    // The first loss is news; each failed attempt after it is the same news.
    if (was_up || !has_failed_)
        spdlog::warn("broker {}: away: {}", config_.name, to_log_text(down.reason));
    else
        spdlog::info("broker {}: still away: {}", config_.name, to_log_text(down.reason));
    const bool is_quick_end = was_up && down.by_broker && loop_.now().tick - up_since_ <= quick_end;
    if (was_up)
        quick_ends_ = is_quick_end ? quick_ends_ + 1 : 0;
    state_ = "down";
    reason_ = down.reason;
    ++connection_;
    subscriptions_.forget_answers();
    for (const auto& poison : window_.lost(was_up && down.by_broker, loop_.now()))
        set_aside_poison(poison);
    events_.on_away(down.reason);
    keep(loop_.now().tick);
    connect_later();
}

/// What the session that the broker keeps has, and no room wants any longer.
void Link::unsubscribe_former() {
    for (const auto& filter : std::exchange(former_filters_, {})) {
        if (subscriptions_.find(filter))
            continue;
        forget_place(filter);
        const BrokerCalls::Call call(*calls_);
        broker().unsubscribe(filter);
        if (!is_session_kept_)
            continue;
        disk_.store.write(filter.size(), [name = config_.name, filter](Tables& tables) {
            return tables.rooms.remove_filter(name, filter);
        });
    }
}

/// Whoever wants the stream again wants what comes from then on.
void Link::forget_place(const std::string& filter) {
    wanted_since_.erase(filter);
    former_filters_since_.erase(filter);
    if (offsets_.erase(filter) > 0 && disk_.journal)
        disk_.journal->forget_offset(config_.name, filter);
}

void Link::connect_later() {
    has_failed_ = true;
    current_ = (current_ + 1) % brokers_.size();
    set_aside_old();
    loop_.at(loop_.now().tick + backoff_.next(), [this] { connect(); });
}

void Link::publish(Window::Entry entry) {
    if (!window_.add(std::move(entry), loop_.now()))
        return events_.on_full(entry.room, entry.id, {});
    // Until the first attempt is over the broker may have what an earlier process published last: that goes first.
    const bool is_first_attempt = !was_up_ && !has_failed_;
    if (state_ == "up" || is_first_attempt)
        keep_later();
    else
        keep(loop_.now().tick);
    pump();
}

void Link::home(const std::string& id) {
    if (const auto line = window_.home(id); line && line->is_kept)
        leave_spool(*line);
    pump();
}

void Link::pump() {
    if (state_ != "up" || answers_wanted_ > 0)
        return;
    while (const Window::Entry* entry = window_.take(loop_.now())) {
        const BrokerCalls::Call call(*calls_);
        broker().publish(entry->make(entry->said, loop_.now().wall),
                         [this, id = entry->id, connection = connection_](Settlement settlement) {
                             loop_.post([this, id, connection, settlement = std::move(settlement)] {
                                 on_settled(id, settlement, connection);
                             });
                         });
    }
}

void Link::on_settled(const std::string& id, const Settlement& settlement, std::uint64_t connection) {
    // What an ended connection left unsettled waits again already; Window::lost() saw to it.
    if (settlement.outcome == Settlement::Outcome::released || connection != connection_)
        return;
    const bool accepted = settlement.outcome == Settlement::Outcome::accepted;
    if (const auto line = accepted ? window_.accept(id) : window_.reject(id)) {
        if (line->is_kept && !accepted)
            set_aside(*line, settlement.reason);
        else if (line->is_kept)
            leave_spool(*line);
        events_.on_settled(line->room, id, settlement);
    }
    pump();
}

void Link::subscribe(const std::string& room, const std::string& filter, const SubscriptionWish& wish) {
    const bool must_ask = subscriptions_.add(filter, wish.qos, room);
    subscriptions_.find(filter)->queue = wish.queue;
    const auto former = former_filters_since_.find(filter);
    const bool is_old = former != former_filters_since_.end();
    const bool is_new =
        must_ask && wanted_since_.try_emplace(filter, is_old ? former->second : loop_.now().wall).second;
    if (must_ask && is_session_kept_)
        keep_filter(filter);
    if (state_ != "up")
        return;
    if (must_ask)
        ask(filter, *subscriptions_.find(filter), is_new && !is_old);
    else if (const auto& answer = subscriptions_.find(filter)->answer)
        events_.on_granted(room, filter, *answer);
}

/// `is_new`: nobody has missed anything yet.
void Link::ask(const std::string& text, const Subscriptions::Filter& filter, bool is_new) {
    const BrokerCalls::Call call(*calls_);
    SubscriptionWish wish{filter.qos, filter.queue};
    if (const auto found = offsets_.find(text); found != offsets_.end())
        wish.after = found->second;
    else if (const auto since = wanted_since_.find(text); !is_new && since != wanted_since_.end())
        wish.since = since->second;
    broker().subscribe(text, std::move(wish), [this, text, connection = connection_](Granted granted) {
        loop_.post([this, text, connection, granted = std::move(granted)] { on_answer(text, granted, connection); });
    });
}

void Link::on_answer(const std::string& filter, const Granted& granted, std::uint64_t connection) {
    if (connection != connection_)
        return;
    if (!granted.granted)
        spdlog::warn("broker {}: subscription of {} refused: {}", config_.name, to_log_text(filter),
                     to_log_text(granted.reason));
    bool is_first = true;  // an adapter may ask again by itself, and have another answer
    if (Subscriptions::Filter* asked = subscriptions_.find(filter)) {
        is_first = !asked->answer;
        asked->answer = granted;
        for (const auto& room : asked->rooms)
            events_.on_granted(room, filter, granted);
    }
    if (is_first && answers_wanted_ > 0 && --answers_wanted_ == 0)
        pump();
}

void Link::unsubscribe(const std::string& room, const std::string& filter) {
    inboxes_.erase(room);
    if (!subscriptions_.remove(filter, room))
        return;
    // The session that the broker keeps has it still.
    former_filters_.push_back(filter);
    if (state_ == "up")
        unsubscribe_former();
}

LinkStatus Link::status() const {
    return {state_,
            facts_,
            reason_,
            window_.in_flight(),
            window_.waiting(),
            window_.kept(),
            owed_.size(),
            pressure_->load().lines,
            set_aside_};
}

void Link::close() {
    const BrokerCalls::Call call(*calls_);
    brokers_.clear();
}

}  // namespace mucbridge
