#include "broker/amqp10_receivers.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <proton/connection.hpp>
#include <proton/delivery_mode.hpp>
#include <proton/error.hpp>
#include <proton/receiver_options.hpp>
#include <proton/session.hpp>
#include <proton/source_options.hpp>
#include <proton/symbol.hpp>
#include <utility>
#include <vector>

#include "broker/amqp10_message.hpp"
#include "core/unique.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

constexpr int credit = 100;
constexpr unsigned most_failures = 3;
constexpr std::chrono::seconds asked_again_after{30};
constexpr std::size_t largest_data = 6 * 1024 * 1024;

}  // namespace

Amqp10Receivers::Amqp10Receivers(proton::connection connection, const Amqp10Profile& profile, std::string origin,
                                 OnDelivery on_delivery)
    : connection_(connection), profile_(profile), origin_(std::move(origin)), on_delivery_(std::move(on_delivery)) {}

void Amqp10Receivers::subscribe(const std::string& filter, Wish wish, bool is_fresh, Answered answered) {
    if (const auto source = profile_.to_source(filter); !source)
        return answered({false, 0, source.error().text});
    auto* former = current(filter);
    if (former && former->again) {
        drop(*former);
        former = nullptr;
    }
    if (former && is_durable(former->wish)) {
        // A broker knows one link of that name: the subscription stays, and is read in another way.
        former->wish = wish;
        former->answered = std::move(answered);
        former->told.reset();
        former->is_to_begin = true;
        return former->link.detach();
    }
    if (former)
        former->is_current = false;
    auto& receiver = receivers_.emplace_back();
    receiver.filter = filter;
    receiver.wish = wish;
    receiver.answered = std::move(answered);
    receiver.is_to_forget = receiver.is_to_begin = is_fresh && is_durable(wish);
    open(receiver);
}

void Amqp10Receivers::open(Receiver& receiver) {
    const bool is_kept = is_durable(receiver.wish);
    proton::source_options source;
    if (is_kept)
        source.durability_mode(proton::source::UNSETTLED_STATE).expiry_policy(proton::source::NEVER);
    if (!profile_.capability().empty())
        source.capabilities({proton::symbol(std::string(profile_.capability()))});
    proton::receiver_options options;
    options.source(source).auto_accept(false).credit_window(receiver.is_to_forget ? 0 : credit);
    options.delivery_mode(receiver.wish.qos > 0 ? proton::delivery_mode::AT_LEAST_ONCE
                                                : proton::delivery_mode::AT_MOST_ONCE);
    // A durable subscription is found again by this name.
    options.name("mucbridge." + origin_ + "." + receiver.filter + (is_kept ? "" : "~" + make_random_hex(4)));
    auto session = connection_.open_session();
    receiver.link = session.open_receiver(*profile_.to_source(receiver.filter), options);
}

Amqp10Receivers::Receiver* Amqp10Receivers::find(const proton::receiver& link) {
    const auto found = std::ranges::find_if(receivers_, [&](const Receiver& each) { return each.link == link; });
    return found == receivers_.end() ? nullptr : &*found;
}

Amqp10Receivers::Receiver* Amqp10Receivers::current(const std::string& filter) {
    const auto found = std::ranges::find_if(
        receivers_, [&](const Receiver& each) { return each.is_current && each.filter == filter; });
    return found == receivers_.end() ? nullptr : &*found;
}

void Amqp10Receivers::on_open(const proton::receiver& link) {
    auto* receiver = find(link);
    // A link that is refused is opened without a source, and closed at once (AMQP 1.0 §2.6.3).
    if (!receiver || receiver->link.source().address().empty())
        return;
    if (receiver->is_to_forget)
        return receiver->link.close();
    receiver->failures = 0;
    if (receiver->told == false)
        spdlog::info("the subscription of {} is there", to_log_text(receiver->filter));
    receiver->answer({true, receiver->wish.qos});
    for (auto& former : receivers_)
        if (!former.is_current && former.filter == receiver->filter)
            former.link.close();
}

void Amqp10Receivers::on_message(proton::delivery& transfer, const proton::message& message) {
    switch (judge(transfer.receiver(), message)) {
        case Amqp10Verdict::accepted:
            return transfer.accept();
        case Amqp10Verdict::rejected:
            return transfer.reject();
        case Amqp10Verdict::released:
            return transfer.release();
    }
}

Amqp10Verdict Amqp10Receivers::judge(const proton::receiver& link, const proton::message& message) {
    const auto* receiver = find(link);
    if (!receiver)
        return Amqp10Verdict::released;
    try {
        auto delivery = to_delivery(message);
        delivery.address = profile_.address_of(receiver->filter, message.to(), message.subject());
        delivery.qos = receiver->wish.qos;
        delivery.filter = receiver->filter;
        if (delivery.payload.size() > largest_data) {
            spdlog::warn("a message on {} is larger than {} MiB, and is not taken", to_log_text(delivery.address),
                         largest_data / 1024 / 1024);
            return Amqp10Verdict::rejected;
        }
        on_delivery_(std::move(delivery));
    } catch (const proton::error& error) {
        warn_of(*receiver, error.what());
        return Amqp10Verdict::rejected;
    }
    return Amqp10Verdict::accepted;
}

void Amqp10Receivers::warn_of(const Receiver& receiver, const std::string& why) {
    spdlog::warn("a message on {} is not taken: {}", to_log_text(receiver.filter), to_log_text(why));
}

void Amqp10Receivers::read_undecoded() {
    for (const auto& receiver : receivers_)
        if (!receiver.is_to_forget && receiver.link.active())
            mucbridge::read_undecoded(
                receiver.link, credit, [&](const proton::message& message) { return judge(receiver.link, message); },
                [&](const std::string& why) { warn_of(receiver, why); });
}

void Amqp10Receivers::unsubscribe(const std::string& filter) {
    auto* receiver = current(filter);
    if (receiver && receiver->again)
        return drop(*receiver);
    if (receiver) {
        receiver->is_current = false;
        return receiver->link.close();
    }
    if (!profile_.has_durable_sources())
        return;
    // Of an earlier connection: found again to be ended.
    auto& former = receivers_.emplace_back();
    former.filter = filter;
    former.wish = {1, true};
    former.is_current = false;
    former.is_to_forget = true;
    open(former);
}

void Amqp10Receivers::keep_all() {
    std::vector<std::string> filters;
    for (const auto& receiver : receivers_)
        if (receiver.is_current && !receiver.wish.is_kept && profile_.has_durable_sources())
            filters.push_back(receiver.filter);
    for (const auto& filter : filters)
        subscribe(filter, {current(filter)->wish.qos, true}, false, current(filter)->answered);
}

void Amqp10Receivers::on_ended(const proton::receiver& link, const std::string& condition, const std::string& why) {
    auto* receiver = find(link);
    if (!receiver)
        return;
    link.session().close();
    if (receiver->is_to_begin) {
        receiver->is_to_forget = receiver->is_to_begin = false;
        return open(*receiver);
    }
    if (!receiver->is_current)
        return drop(*receiver);
    if (receiver->told == true && ++receiver->failures < most_failures) {
        // Its node was deleted, or it was idle (Service Bus). What the broker held for it may be lost.
        if (condition != "amqp:link:detach-forced")
            spdlog::warn("the broker ended the subscription of {}: {}; it is made anew", to_log_text(receiver->filter),
                         to_log_text(why));
        return open(*receiver);
    }
    // Who may be let in later is, and what is away comes back.
    receiver->again = Clock::now() + asked_again_after;
    if (receiver->told != false)
        spdlog::warn("the subscription of {} is asked for again until it is there: {}", to_log_text(receiver->filter),
                     to_log_text(why));
    receiver->answer({false, 0, why});
}

void Amqp10Receivers::look_after() {
    const auto now = Clock::now();
    for (auto& receiver : receivers_)
        if (receiver.again && now >= *receiver.again) {
            receiver.again.reset();
            open(receiver);
        }
}

void Amqp10Receivers::drop(const Receiver& receiver) {
    receivers_.remove_if([&](const Receiver& each) { return &each == &receiver; });
}

void Amqp10Receivers::give_up(const std::string& why) {
    for (auto& receiver : std::exchange(receivers_, {}))
        if (!receiver.told)
            receiver.answer({false, 0, why});
}

}  // namespace mucbridge
