#include "failure.hpp"
#include "verbs.hpp"

namespace mucbridge::scenes {
namespace {

std::chrono::milliseconds duration(const std::string& count, const std::string& unit) {
    const std::map<std::string, long> units = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
    if (!units.contains(unit) || count.empty() || count.find_first_not_of("0123456789") != std::string::npos)
        throw Failure{"a number and ms, s or min", count + " " + unit};
    return std::chrono::milliseconds(std::stol(count) * units.at(unit));
}

/// The one that the sentence names, or the main one.
MemoryBus& bus_of(Stage& stage, const Words& words) { return stage.bus(words.get("BROKER", main_broker)); }

/// Back, and every gateway connected again.
void come_back(Stage& stage, const Words& words) {
    bus_of(stage, words).set_up(true);
    stage.wait_for_brokers();
}

/// Where the broker of "other:garden" does what it shall with "garden".
template <class Refuse>
auto refuse(const Refuse& refuse_at) {
    return [refuse_at](Stage& stage, const Words& words) {
        const Stage::Place place = stage.place(words["TOPIC"]);
        refuse_at(place.bus, place.address, words.get("TEXT", ""));
    };
}

}  // namespace

void add_broker_verbs(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, false}); };
    add("broker [BROKER] goes down", [](Stage& stage, const Words& words) { bus_of(stage, words).set_up(false); });
    add("broker [BROKER] comes back", come_back);
    add("broker [BROKER] loses its connections", [](Stage& stage, const Words& words) { bus_of(stage, words).cut(); });
    add("gateways connect again", [](Stage& stage, const Words&) { stage.wait_for_brokers(); });
    add("broker refuses publishing to TOPIC because TEXT",
        refuse([](MemoryBus& bus, const auto& topic, const auto& why) { bus.refuse_publish(topic, why); }));
    add("broker refuses reading TOPIC because TEXT",
        refuse([](MemoryBus& bus, const auto& topic, const auto& why) { bus.refuse_subscribe(topic, why); }));
    add("broker drops echoes of TOPIC",
        refuse([](MemoryBus& bus, const auto& topic, const auto&) { bus.drop_echoes(topic); }));
    add("broker [BROKER] accepts everything",
        [](Stage& stage, const Words& words) { bus_of(stage, words).accept_everything(); });
    const auto hold = [&](const char* phrase, void (MemoryBus::*what)(bool), bool on) {
        add(phrase, [what, on](Stage& stage, const Words& words) { (bus_of(stage, words).*what)(on); });
    };
    hold("broker [BROKER] holds settlements", &MemoryBus::hold_settlements, true);
    hold("broker [BROKER] holds deliveries", &MemoryBus::hold_deliveries, true);
    hold("broker [BROKER] releases settlements", &MemoryBus::hold_settlements, false);
    hold("broker [BROKER] releases deliveries", &MemoryBus::hold_deliveries, false);
    add("time passes NUMBER UNIT",
        [](Stage& stage, const Words& words) { stage.pass(duration(words["NUMBER"], words["UNIT"])); });
    add("gateway GATEWAY stops", [](Stage& stage, const Words& words) { stage.stop_gateway(words["GATEWAY"]); });
}

}  // namespace mucbridge::scenes
