#include <algorithm>

#include "gateway/hub.hpp"

namespace mucbridge {

namespace {

/// What all the filters' answers come to: a room that is refused one of its filters is refused.
std::optional<Granted> join_answers(const std::map<std::string, std::optional<Granted>>& answers) {
    Granted all{true, 2, {}};
    for (const auto& [filter, answer] : answers) {
        if (!answer)
            return std::nullopt;
        if (!answer->granted)
            return Granted{false, 0, "the broker refuses the subscription of " + filter + ": " + answer->reason};
        all.qos = std::min(all.qos, answer->qos);
    }
    return all;
}

}  // namespace

void Rooms::on_link_up(const std::string& broker, const BrokerFacts& facts) {
    links_[broker] = {true, facts, {}};
    for_each_on(broker, [&](Host& host) {
        Effects effects = host.room.on_wired(wire(host.binding), now());
        std::ranges::move(host.room.on_broker_up(now()), std::back_inserter(effects));
        return effects;
    });
}

void Rooms::on_link_away(const std::string& broker, const std::string& reason) {
    LinkState& link = links_[broker];
    link.up = false;
    link.reason = reason;
    for_each_on(broker, [&](Host& host) {
        for (auto& [filter, answer] : host.answers)
            answer.reset();
        return host.room.on_broker_away(reason, now());
    });
}

void Rooms::on_granted(const std::string& room, const std::string& filter, const Granted& granted) {
    Host* host = find(room);
    if (!host)
        return;
    const auto asked = host->answers.find(filter);
    if (asked == host->answers.end())
        return;
    asked->second = granted;
    if (const auto all = join_answers(host->answers))
        perform(*host, host->room.on_granted(*all, now()));
}

void Rooms::on_waiting(const std::string& room, const std::string& id) {
    if (Host* host = find(room))
        perform(*host, host->room.on_waiting(id, now()));
}

void Rooms::on_full(const std::string& room, const std::string& id) {
    if (Host* host = find(room))
        perform(*host, host->room.on_full(id, now()));
}

void Rooms::on_settled(const std::string& room, const std::string& id, const Settlement& settlement) {
    if (Host* host = find(room))
        perform(*host, host->room.on_settled(id, settlement, now()));
}

void Rooms::on_delivery(const std::string& room, const Delivery& delivery) {
    Host* host = find(room);
    if (!host)
        return;
    auto heard = hub_.mapper().inbound(host->binding, delivery);
    if (!heard)
        return;
    const bool is_foreign = !heard->sealed;
    auto effects = host->room.on_heard(std::move(*heard), now());
    bool is_echo = false, is_said = false;
    for (const Effect& effect : effects) {
        is_echo = is_echo || std::holds_alternative<Home>(effect);
        is_said = is_said || std::holds_alternative<ShowLine>(effect);
    }
    if (is_said && is_foreign && !is_echo)
        ++counters_.foreign;
    if (!is_said && !is_echo)
        ++counters_.duplicates;
    perform(*host, std::move(effects));
}

}  // namespace mucbridge
