#include "gateway/link.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {

namespace {
constexpr std::chrono::milliseconds first_delay{500}, longest_delay{30000}, shortest_delay{50};
/// A broker that leaves a resubscription unanswered does not hold up the lines that wait for longer than this.
constexpr std::chrono::seconds answer_wait{5};
}  // namespace

Result<std::unique_ptr<Link>> Link::make(Loop& loop, const BrokerConfig& config, LinkEvents events, const Open& open) {
    std::unique_ptr<Link> link(new Link(loop, config, std::move(events)));
    auto broker = open(config, link->make_broker_events());
    if (!broker)
        return broker.error();
    link->broker_ = std::move(*broker);
    return link;
}

Link::Link(Loop& loop, const BrokerConfig& config, LinkEvents events)
    : loop_(loop),
      config_(config),
      events_(std::move(events)),
      window_(config.queue_lines, config.queue_bytes),
      backoff_(shortest_delay, first_delay, longest_delay) {}

Link::~Link() = default;

BrokerEvents Link::make_broker_events() {
    return {
        [this](BrokerFacts facts) { loop_.post([this, facts = std::move(facts)] { on_up(facts); }); },
        [this](BrokerDown down) { loop_.post([this, down = std::move(down)] { on_down(down); }); },
        [this](Delivery delivery) {
            auto shared = std::make_shared<const Delivery>(std::move(delivery));
            loop_.post([this, shared = std::move(shared)] {
                const auto& rooms = subscriptions_.rooms_for(shared->address);
                if (!rooms.empty())
                    events_.on_delivery(rooms, shared);
            });
        },
    };
}

void Link::connect() {
    state_ = "connecting";
    broker_->connect(true);
}

void Link::on_up(const BrokerFacts& facts) {
    spdlog::info("broker {}: connected to {} ({})", config_.name, facts.endpoint, facts.protocol);
    state_ = "up";
    reason_.clear();
    has_failed_ = false;
    backoff_.reset();
    facts_ = facts;
    ++connection_;
    window_.set_size(facts.window);
    broker_->announce("online");
    events_.on_up(facts);
    answers_wanted_ = subscriptions_.filters().size();
    for (const auto& [text, filter] : subscriptions_.filters())
        ask(text, filter.qos);
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
    state_ = "down";
    reason_ = down.reason;
    ++connection_;
    subscriptions_.forget_answers();
    const auto unsettled = window_.unsettled_lines();
    for (const auto& entry : window_.lost(was_up && down.by_broker, loop_.now())) {
        spdlog::warn(
            "broker {}: it closes the connection whenever it is given line {} of room {}; the line is set aside",
            config_.name, entry.id, entry.room);
        events_.on_settled(
            entry.room, entry.id,
            {Settlement::Outcome::rejected, "the broker closes the connection when it is given this line"});
    }
    events_.on_away(down.reason);
    // Their speakers are told too; the rooms know no longer those that were set aside.
    for (const auto& line : unsettled)
        events_.on_waiting(line.room, line.id);
    connect_later();
}

void Link::connect_later() {
    has_failed_ = true;
    loop_.at(loop_.now().tick + backoff_.next(), [this] { connect(); });
}

void Link::publish(Window::Entry entry) {
    const bool must_wait = state_ != "up";
    const auto line = must_wait ? Window::Line{entry.id, entry.room} : Window::Line{};
    if (!window_.add(std::move(entry)))
        return events_.on_full(entry.room, entry.id);
    if (must_wait)
        events_.on_waiting(line.room, line.id);
    pump();
}

void Link::home(const std::string& id) {
    window_.home(id);
    pump();
}

void Link::pump() {
    if (state_ != "up" || answers_wanted_ > 0)
        return;
    while (const Window::Entry* entry = window_.take(loop_.now())) {
        broker_->publish(entry->make(loop_.now().wall),
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
    if (const auto line = accepted ? window_.accept(id) : window_.reject(id))
        events_.on_settled(line->room, id, settlement);
    pump();
}

void Link::subscribe(const std::string& room, const std::string& filter, int qos) {
    const bool must_ask = subscriptions_.add(filter, qos, room);
    if (state_ != "up")
        return;
    if (must_ask)
        ask(filter, qos);
    else if (const auto& answer = subscriptions_.find(filter)->answer)
        events_.on_granted(room, filter, *answer);
}

void Link::ask(const std::string& filter, int qos) {
    broker_->subscribe(filter, qos, [this, filter, connection = connection_](Granted granted) {
        loop_.post(
            [this, filter, connection, granted = std::move(granted)] { on_answer(filter, granted, connection); });
    });
}

void Link::on_answer(const std::string& filter, const Granted& granted, std::uint64_t connection) {
    if (connection != connection_)
        return;
    if (!granted.granted)
        spdlog::warn("broker {}: subscription of {} refused: {}", config_.name, to_log_text(filter),
                     to_log_text(granted.reason));
    if (Subscriptions::Filter* asked = subscriptions_.find(filter)) {
        asked->answer = granted;
        for (const auto& room : asked->rooms)
            events_.on_granted(room, filter, granted);
    }
    if (answers_wanted_ > 0 && --answers_wanted_ == 0)
        pump();
}

void Link::unsubscribe(const std::string& room, const std::string& filter) {
    if (subscriptions_.remove(filter, room) && state_ == "up")
        broker_->unsubscribe(filter);
}

LinkStatus Link::status() const { return {state_, facts_, reason_, window_.in_flight(), window_.waiting()}; }

void Link::close() { broker_.reset(); }

}  // namespace mucbridge
