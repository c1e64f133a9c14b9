#include <spdlog/spdlog.h>

#include "core/unique.hpp"
#include "core/utf8.hpp"
#include "gateway/link.hpp"

namespace mucbridge {

namespace {
/// A broker is held back for no longer by one delivery: then it takes more memory, but its connection stays alive.
constexpr std::chrono::seconds held_back_at_most{2};
}  // namespace

struct Link::Arrival {
    Delivery delivery;
    Pressure::Place place;
};

/// Of the adapter for that URL. Only one of them is connected or tried at a time.
BrokerEvents Link::make_broker_events(std::size_t url) {
    return {
        [this](BrokerFacts facts) {
            may_be_held_back_ = facts.may_be_held_back;
            loop_.post([this, facts = std::move(facts)] { on_up(facts); });
        },
        [this, url](BrokerDown down) {
            loop_.post([this, url, down = std::move(down)] {
                if (url == current_)
                    on_down(down);
            });
        },
        [this](Delivery delivery) {
            hold_back();
            take_note(delivery);
            const Pressure::Load load{1, bytes_of(delivery)};
            auto arrival = std::shared_ptr<Arrival>(new Arrival{std::move(delivery), {pressure_, load}});
            loop_.post([this, arrival = std::move(arrival)] { on_arrival(arrival); });
        },
        [this](std::size_t count) { loop_.post([this, count] { second_copies_.forget(count); }); },
    };
}

/// While its rooms have too much to say. Not yet acknowledged, the broker has the delivery still.
void Link::hold_back() {
    if (!may_be_held_back_)
        return;
    const auto outcome = pressure_->hold_back(held_back_at_most);
    if (outcome == Pressure::Outcome::at_once && pressure_->load().lines < config_.queue_lines / 2)
        is_behind_ = false;
    else if (outcome == Pressure::Outcome::too_long && !is_behind_.exchange(true))
        spdlog::warn("broker {}: its rooms do not keep up with what it delivers: {} lines wait, and it is held back",
                     config_.name, pressure_->load().lines);
}

void Link::on_arrival(const std::shared_ptr<Arrival>& arrival) {
    if (arrival->delivery.offset)
        offsets_[arrival->delivery.filter] = *arrival->delivery.offset;
    if (second_copies_.is_second_copy(arrival->delivery)) {
        if (arrival->delivery.journal > 0)
            disk_.journal->note_copy(arrival->delivery.journal);
        return;
    }
    const std::shared_ptr<const Delivery> delivery(arrival, &arrival->delivery);
    for (const auto& room : subscriptions_.rooms_for(delivery->address, delivery->filter)) {
        auto& inbox = inboxes_[room];
        if (!inbox)
            inbox = std::make_shared<Inbox>(config_.name, room, events_.overflow_of(room), pressure_, events_.is_ours);
        events_.on_delivery(inbox->put(delivery));
    }
    arrival->place.give_back_lines();  // each room's turn has one of its own
}

/// When this returns the delivery is acknowledged: from then on it is ours to keep.
void Link::take_note(Delivery& delivery) {
    delivery.heard_at = loop_.now().wall;
    if (!is_session_kept_ || !disk_.journal || delivery.qos == 0)
        return;
    delivery.stanza_id = make_uuid7(delivery.heard_at);
    const auto written = disk_.journal->append(config_.name, delivery);
    const bool was_failing = is_journal_failing_.exchange(!written);
    if (!written && !was_failing)
        spdlog::error(
            "broker {}: what it delivers cannot be journalled, and is lost if this process dies before it "
            "is archived: {}",
            config_.name, to_log_text(written.error().text));
    else if (written && was_failing)
        spdlog::info("broker {}: what it delivers is journalled again", config_.name);
}

void Link::restore_heard(const Delivery& delivery) { (void)second_copies_.is_second_copy(delivery); }

}  // namespace mucbridge
