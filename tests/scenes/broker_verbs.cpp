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

/// Back, and every gateway connected again.
void come_back(Stage& stage, const Words&) {
    stage.bus().set_up(true);
    stage.wait_for_brokers();
}

}  // namespace

void add_broker_verbs(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, false}); };
    add("broker goes down", [](Stage& stage, const Words&) { stage.bus().set_up(false); });
    add("broker comes back", come_back);
    add("broker loses its connections", [](Stage& stage, const Words&) { stage.bus().cut(); });
    add("gateways connect again", [](Stage& stage, const Words&) { stage.wait_for_brokers(); });
    add("broker refuses publishing to TOPIC because TEXT",
        [](Stage& stage, const Words& words) { stage.bus().refuse_publish(words["TOPIC"], words["TEXT"]); });
    add("broker refuses reading TOPIC because TEXT",
        [](Stage& stage, const Words& words) { stage.bus().refuse_subscribe(words["TOPIC"], words["TEXT"]); });
    add("broker drops echoes of TOPIC",
        [](Stage& stage, const Words& words) { stage.bus().drop_echoes(words["TOPIC"]); });
    add("broker accepts everything", [](Stage& stage, const Words&) { stage.bus().accept_everything(); });
    add("broker holds settlements", [](Stage& stage, const Words&) { stage.bus().hold_settlements(true); });
    add("broker holds deliveries", [](Stage& stage, const Words&) { stage.bus().hold_deliveries(true); });
    add("broker releases settlements", [](Stage& stage, const Words&) { stage.bus().hold_settlements(false); });
    add("broker releases deliveries", [](Stage& stage, const Words&) { stage.bus().hold_deliveries(false); });
    add("time passes NUMBER UNIT",
        [](Stage& stage, const Words& words) { stage.pass(duration(words["NUMBER"], words["UNIT"])); });
    add("gateway GATEWAY stops", [](Stage& stage, const Words& words) { stage.stop_gateway(words["GATEWAY"]); });
}

}  // namespace mucbridge::scenes
