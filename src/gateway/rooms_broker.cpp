#include <algorithm>

#include "gateway/hub.hpp"
#include "gateway/line_key.hpp"

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
        const auto append = [&](Effects more) { std::ranges::move(more, std::back_inserter(effects)); };
        if (host.binding->broker == broker)
            append(host.room.on_broker_up(now()));
        for (std::size_t i = 0; i < host.binding->mirrors.size(); ++i)
            if (host.binding->mirrors[i].broker == broker)
                append(host.room.on_mirror_up(i, now()));
        return effects;
    });
}

void Rooms::on_link_away(const std::string& broker, const std::string& reason) {
    LinkState& link = links_[broker];
    link.up = false;
    link.reason = reason;
    for_each_on(broker, [&](Host& host) {
        for (auto& [mirror, answers] : host.mirror_answers)
            if (host.place(mirror).broker == broker)
                for (auto& [filter, answer] : answers)
                    answer.reset();
        if (host.binding->broker != broker)
            return Effects{};
        for (auto& [filter, answer] : host.answers)
            answer.reset();
        return host.room.on_broker_away(reason, now());
    });
}

void Rooms::on_granted(const std::string& broker, const std::string& room, const std::string& filter,
                       const Granted& granted) {
    Host* host = find(room);
    if (!host)
        return;
    Effects effects;
    const auto answer = [&](Answers& answers, const AddressBinding& place, const auto& tell) {
        const auto asked = answers.find(filter);
        if (place.broker != broker || asked == answers.end())
            return;
        asked->second = granted;
        if (const auto all = join_answers(answers))
            std::ranges::move(tell(*all), std::back_inserter(effects));
    };
    answer(host->answers, *host->binding, [&](const Granted& all) { return host->room.on_granted(all, now()); });
    for (auto& [mirror, answers] : host->mirror_answers)
        answer(answers, host->place(mirror),
               [&, at = mirror](const Granted& all) { return host->room.on_mirror_granted(at, all, now()); });
    perform(*host, std::move(effects));
}

void Rooms::on_spooled(const std::string& room, const std::string& key) {
    ++counters_.spooled;
    const LineKey line = parse_line_key(room, key);
    Host* host = find(room);
    if (host && !line.mirror)
        perform(*host, host->room.on_spooled(line.id, now()));
}

void Rooms::on_waiting(const std::string& room, const std::string& key) {
    const LineKey line = parse_line_key(room, key);
    Host* host = find(room);
    if (host && !line.mirror)
        perform(*host, host->room.on_waiting(line.id, now()));
}

void Rooms::on_full(const std::string& room, const std::string& key, const std::string& reason) {
    const LineKey line = parse_line_key(room, key);
    if (Host* host = find(room))
        perform(*host, line.mirror ? host->room.on_mirror_full(*line.mirror, line.id, now())
                                   : host->room.on_full(line.id, reason, now()));
}

void Rooms::on_settled(const std::string& broker, const std::string& room, const std::string& key,
                       const Settlement& settlement) {
    const LineKey line = parse_line_key(room, key);
    Host* host = find(room);
    if (host)
        perform(*host, line.mirror ? host->room.on_mirrored(*line.mirror, line.id, settlement, now())
                                   : host->room.on_settled(line.id, settlement, now()));
    // A mirror's copy is not awaited, nor is what came home, or lost its room, before it was settled.
    host = find(room);
    if (line.mirror || !host || !host->room.awaits(line.id))
        free_place(broker, key);
}

void Rooms::on_turn(const std::shared_ptr<Turn>& turn) {
    const Delivery* delivery = turn->hear();
    if (!delivery)
        ++counters_.dropped;
    Host* host = find(turn->room());
    if (!host)
        return;
    if (!delivery)
        return perform(*host, host->room.on_lost(now()));
    turn_ = turn;
    on_delivery(*host, turn->broker(), *delivery);
    turn_.reset();
}

void Rooms::on_delivery(Host& host, const std::string& broker, const Delivery& delivery) {
    const auto source = find_source(*host.binding, broker, delivery.address, delivery.filter);
    if (!source)
        return;
    auto heard = source->mirror ? hub_.mapper().inbound_mirror(*host.binding, *source->mirror, delivery)
                                : hub_.mapper().inbound(*host.binding, delivery);
    if (!heard)
        return;
    const bool is_foreign = !heard->sealed;
    auto effects = host.room.on_heard(std::move(*heard), now());
    bool is_echo = false, is_said = false;
    for (const Effect& effect : effects) {
        is_echo = is_echo || std::holds_alternative<Home>(effect);
        // What a mirror delivers is said when it comes back from home.
        is_said = is_said || std::holds_alternative<ShowLine>(effect) || std::holds_alternative<Publish>(effect);
    }
    if (is_said && is_foreign && !is_echo)
        ++counters_.foreign;
    if (!is_said && !is_echo)
        ++counters_.duplicates;
    perform(host, std::move(effects));
}

}  // namespace mucbridge
