#include "broker/amqp10_senders.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <proton/connection.hpp>
#include <proton/delivery_mode.hpp>
#include <proton/sender_options.hpp>
#include <proton/session.hpp>
#include <proton/symbol.hpp>
#include <proton/target_options.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/amqp10_message.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t most_senders = 256;
constexpr unsigned most_tries = 3;

/// Conditions that come again however often it is tried.
bool is_final(std::string_view condition) {
    constexpr std::array<std::string_view, 8> finals{
        "amqp:unauthorized-access", "amqp:not-found",    "amqp:not-allowed",         "amqp:not-implemented",
        "amqp:invalid-field",       "amqp:decode-error", "amqp:precondition-failed", "amqp:link:message-size-exceeded"};
    return std::ranges::find(finals, condition) != finals.end();
}

}  // namespace

void Amqp10Senders::publish(Publication publication, Settled settled) {
    auto& sender = at(publication.address);
    sender.waiting.push_back({std::move(publication), std::move(settled)});
    pump(sender);
}

Amqp10Senders::Sender& Amqp10Senders::at(const std::string& address) {
    const auto found = std::ranges::find(senders_, address, &Sender::address);
    if (found != senders_.end()) {
        senders_.splice(senders_.begin(), senders_, found);
        return *found;
    }
    senders_.push_front({address, {}, {}, {}});
    open(senders_.front());
    close_idle();
    return senders_.front();
}

void Amqp10Senders::close_idle() {
    for (auto sender = senders_.end(); senders_.size() > most_senders && sender != senders_.begin();) {
        --sender;
        if (sender == senders_.begin() || !sender->waiting.empty() || !sender->unsettled.empty())
            continue;
        sender->link.session().close();
        sender = senders_.erase(sender);
    }
}

void Amqp10Senders::open(Sender& sender) {
    proton::target_options target;
    if (!profile_.capability().empty())
        target.capabilities({proton::symbol(std::string(profile_.capability()))});
    proton::sender_options options;
    options.target(target).auto_settle(false).delivery_mode(proton::delivery_mode::AT_LEAST_ONCE);
    auto session = connection_.open_session();
    sender.link = session.open_sender(profile_.to_target(sender.address), options);
}

Amqp10Senders::Sender* Amqp10Senders::find(const proton::sender& link) {
    const auto found = std::ranges::find_if(senders_, [&](const Sender& each) { return each.link == link; });
    return found == senders_.end() ? nullptr : &*found;
}

void Amqp10Senders::on_sendable(const proton::sender& link) {
    if (auto* sender = find(link))
        pump(*sender);
}

void Amqp10Senders::pump(Sender& sender) {
    while (!sender.waiting.empty() && sender.link.active() && sender.link.credit() > 0) {
        auto item = std::move(sender.waiting.front());
        sender.waiting.pop_front();
        send(sender, std::move(item));
    }
}

void Amqp10Senders::send(Sender& sender, Item item) {
    const auto message = to_amqp10(item.publication, profile_.to_target(sender.address));
    auto tracker = sender.link.send(message);
    if (item.publication.qos == 0) {
        tracker.settle();
        return item.settled({Settlement::Outcome::accepted});
    }
    ++item.tries;
    sender.unsettled.push_back({tracker, std::move(item)});
}

void Amqp10Senders::on_settled(const proton::tracker& tracker, Settlement::Outcome outcome) {
    auto* sender = find(tracker.sender());
    if (!sender)
        return;
    const auto found =
        std::ranges::find_if(sender->unsettled, [&](const Sent& each) { return each.tracker == tracker; });
    if (found == sender->unsettled.end())
        return;
    auto item = std::move(found->item);
    found->tracker.settle();
    sender->unsettled.erase(found);
    if (outcome == Settlement::Outcome::accepted) {
        sender->failures = 0;
        item.settled({outcome});
    } else if (outcome == Settlement::Outcome::released && item.tries < most_tries) {
        sender->waiting.push_front(std::move(item));  // it was not processed
    } else {
        const bool is_rejected = outcome == Settlement::Outcome::rejected;
        item.settled({Settlement::Outcome::rejected,
                      is_rejected ? "the broker rejected the message" : "the broker gave the message back (released)"});
    }
    pump(*sender);
}

void Amqp10Senders::on_ended(const proton::sender& link, const std::string& condition, const std::string& why) {
    auto* sender = find(link);
    if (!sender)
        return;
    link.session().close();
    if (is_final(condition) || ++sender->failures >= most_tries)
        return refuse(*sender, why);
    // What nobody answered goes again, first: whoever reads knows its id.
    for (auto sent = sender->unsettled.rbegin(); sent != sender->unsettled.rend(); ++sent)
        sender->waiting.push_front(std::move(sent->item));
    sender->unsettled.clear();
    if (!sender->waiting.empty())
        return open(*sender);
    senders_.remove_if([&](const Sender& each) { return &each == sender; });
}

void Amqp10Senders::refuse(Sender& sender, const std::string& why) {
    std::deque<Item> all;
    for (auto& sent : sender.unsettled)
        all.push_back(std::move(sent.item));
    std::ranges::move(sender.waiting, std::back_inserter(all));
    senders_.remove_if([&](const Sender& each) { return &each == &sender; });
    for (auto& item : all)
        item.settled({Settlement::Outcome::rejected, why});
}

void Amqp10Senders::release(const std::string& why) {
    for (auto& sender : std::exchange(senders_, {})) {
        for (auto& sent : sender.unsettled)
            sent.item.settled({Settlement::Outcome::released, why});
        for (auto& item : sender.waiting)
            item.settled({Settlement::Outcome::released, why});
    }
}

}  // namespace mucbridge
