#pragma once

#include <string>

#include "broker/rabbitmq_c.hpp"
#include "core/message.hpp"

namespace mucbridge {

/// A publication's properties as AMQP 0-9-1 has them: content-type, delivery mode 2 where it is to be kept, message-id,
/// timestamp, reply-to (the room's own address), app-id, headers. Points into the publication.
class Amqp091Properties {
public:
    explicit Amqp091Properties(const Publication& publication);
    const amqp_basic_properties_t& get() const { return properties_; }

private:
    RabbitTable headers_;
    amqp_basic_properties_t properties_{};
};

/// The other way: content type, and of the headers whatever is text, a number or a truth value.
void read_properties(const amqp_basic_properties_t& properties, Delivery& delivery);

}  // namespace mucbridge
