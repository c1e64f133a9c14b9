#include "child.hpp"

#include <mqtt/async_client.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <iostream>

#include "adapter.hpp"

namespace {

using namespace std::chrono_literals;

mqtt::connect_options make_persistent(int version) {
    mqtt::connect_options options;
    options.set_mqtt_version(version);
    if (version == MQTTVERSION_5) {
        options.set_clean_start(false);
        options.set_properties({{mqtt::property::SESSION_EXPIRY_INTERVAL, 3600}});
    } else {
        options.set_clean_session(false);
    }
    return options;
}

int hear(int version, int qos, const std::string& port, bool die) {
    std::promise<std::string> heard;
    mqtt::async_client client("tcp://127.0.0.1:" + port, "ground-child", mqtt::create_options(version), nullptr);
    client.set_message_callback([&](const mqtt::const_message_ptr& message) {
        if (die)
            ::raise(SIGKILL);
        heard.set_value(message->to_string());
    });
    client.connect(make_persistent(version))->wait();
    if (die)
        client.subscribe("ground/line", qos)->wait();
    std::cout << "ready" << std::endl;
    auto line = heard.get_future();
    const auto limit = die ? 10s : 2s;
    std::cout << (line.wait_for(limit) == std::future_status::ready ? "heard " + line.get() : "nothing") << std::endl;
    ::_exit(0);
}

int announce(const std::string& port, const std::string& version) {
    Adapter adapter("mqtt://127.0.0.1:" + port, [&](mucbridge::BrokerConfig& config) { config.protocol = version; });
    if (adapter.connect() != "up")
        return 1;
    adapter.broker().announce("online");
    std::cout << "ready" << std::endl;
    std::string line;
    std::getline(std::cin, line);
    return 0;
}

}  // namespace

int run_child(const std::vector<std::string>& arguments) {
    if (arguments[0] == "hear")
        return hear(arguments.at(1) == "5" ? MQTTVERSION_5 : MQTTVERSION_3_1_1, std::stoi(arguments.at(2)),
                    arguments.at(3), arguments.at(4) == "die");
    return announce(arguments.at(1), arguments.at(2));
}
