#include "broker/paho_inside.hpp"

namespace mucbridge {
namespace {

// An explicit instantiation may name a private member ([temp.spec.general]).
template <class Outer, class Inner, Inner Outer::*Member>
struct Opened {
    friend Inner& open(Outer& outer, Inner*) { return outer.*Member; }
};

template struct Opened<mqtt::message, MQTTAsync_message, &mqtt::message::msg_>;
MQTTAsync_message& open(mqtt::message& outer, MQTTAsync_message*);

template struct Opened<mqtt::disconnect_options, MQTTAsync_disconnectOptions, &mqtt::disconnect_options::opts_>;
MQTTAsync_disconnectOptions& open(mqtt::disconnect_options& outer, MQTTAsync_disconnectOptions*);

}  // namespace

const MQTTAsync_message& inside(const mqtt::message& message) {
    return open(const_cast<mqtt::message&>(message), static_cast<MQTTAsync_message*>(nullptr));
}

MQTTAsync_disconnectOptions& inside(mqtt::disconnect_options& options) {
    return open(options, static_cast<MQTTAsync_disconnectOptions*>(nullptr));
}

}  // namespace mucbridge
