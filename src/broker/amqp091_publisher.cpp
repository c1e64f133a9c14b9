#include "broker/amqp091_publisher.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "broker/amqp091_wire.hpp"

namespace mucbridge {

Amqp091Publisher::Amqp091Publisher(Amqp091Wire& wire, amqp_channel_t channel, std::string exchange)
    : wire_(wire),
      exchange_(std::move(exchange)),
      channel_(wire, channel,
               {[this] {
                    channel_.ask_first(
                        {[this] { wire_.send(channel_.number(), AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t{}); },
                         [this] {
                             is_confirming_ = true;
                             next_tag_ = 1;
                             pump();
                         },
                         [this](int, const std::string& why) { wire_.die("no publisher confirms: " + why); }});
                },
                [this](int, const std::string& why) { on_closed(why); }}) {}

void Amqp091Publisher::publish(Publication publication, Settled settled) {
    waiting_.push_back({std::move(publication), std::move(settled)});
    pump();
}

void Amqp091Publisher::pump() {
    while (!waiting_.empty() && is_confirming_ && !is_held_ && !wire_.is_dead()) {
        const bool is_suspect = suspects_ > 0;
        if (is_suspect && !unsettled_.empty())
            return;
        Item item = std::move(waiting_.front());
        waiting_.pop_front();
        suspects_ -= is_suspect ? 1 : 0;
        send(std::move(item));
        if (is_suspect)
            return;
    }
}

void Amqp091Publisher::send(Item item) {
    item.tag = next_tag_++;
    item.returned.clear();
    unsettled_.push_back(std::move(item));
    Item& sent = unsettled_.back();
    const Amqp091Properties properties(sent.publication);
    wire_.publish(channel_.number(), exchange_, sent.publication.address, sent.publication.mandatory, properties.get(),
                  sent.publication.payload);
    if (sent.publication.qos == 0 && sent.settled && !wire_.is_dead())
        std::exchange(sent.settled, nullptr)({Settlement::Outcome::accepted});
}

void Amqp091Publisher::on_method(const amqp_method_t& method) {
    if (channel_.on_method(method))
        return;
    if (method.id == AMQP_BASIC_ACK_METHOD) {
        const auto& ack = fields_of<amqp_basic_ack_t>(method);
        on_confirmed(ack.delivery_tag, ack.multiple, true);
    } else if (method.id == AMQP_BASIC_NACK_METHOD) {
        const auto& nack = fields_of<amqp_basic_nack_t>(method);
        on_confirmed(nack.delivery_tag, nack.multiple, false);
    } else if (method.id == AMQP_BASIC_RETURN_METHOD) {
        const auto& returned = fields_of<amqp_basic_return_t>(method);
        returned_ = describe_close(returned.reply_code, returned.reply_text);
    }
}

/// A return comes before the confirm of the same publication (RabbitMQ's order); it is known by its message-id.
void Amqp091Publisher::on_header(const amqp_basic_properties_t& properties) {
    const auto why = std::exchange(returned_, {});
    for (Item& item : unsettled_)
        if (item.publication.mandatory && item.publication.id == to_view(properties.message_id))
            item.returned = "no queue takes it: " + why;
}

void Amqp091Publisher::on_confirmed(std::uint64_t tag, bool is_multiple, bool is_accepted) {
    std::deque<Item> done;
    for (auto item = unsettled_.begin(); item != unsettled_.end();) {
        const bool is_meant = item->tag == tag || (is_multiple && (item->tag < tag || tag == 0));
        if (is_meant)
            done.push_back(std::move(*item));
        item = is_meant ? unsettled_.erase(item) : std::next(item);
        if (!is_multiple && is_meant)
            break;
    }
    for (Item& item : done)
        settle(std::move(item), is_accepted);
    pump();
}

void Amqp091Publisher::settle(Item item, bool is_accepted) {
    if (!item.settled)
        return;
    if (!item.returned.empty())
        return item.settled({Settlement::Outcome::rejected, std::move(item.returned)});
    if (is_accepted)
        return item.settled({Settlement::Outcome::accepted});
    item.settled(
        {Settlement::Outcome::rejected, "the broker could not take it (basic.nack): a queue is full, or fails"});
}

void Amqp091Publisher::on_closed(const std::string& why) {
    is_confirming_ = false;
    auto unsettled = std::exchange(unsettled_, {});
    if (unsettled.size() == 1) {
        const Item culprit = std::move(unsettled.front());
        if (culprit.settled)
            culprit.settled({Settlement::Outcome::rejected, why});
        return;
    }
    // At QoS 0 they are settled already, and may be lost.
    std::erase_if(unsettled, [](const Item& item) { return !item.settled; });
    suspects_ += unsettled.size();
    std::move(unsettled.rbegin(), unsettled.rend(), std::front_inserter(waiting_));
}

void Amqp091Publisher::hold(bool is_held) {
    is_held_ = is_held;
    pump();
}

void Amqp091Publisher::release(const std::string& why) {
    for (auto* items : {&unsettled_, &waiting_})
        for (Item& item : std::exchange(*items, {}))
            if (item.settled)
                item.settled({Settlement::Outcome::released, why});
}

}  // namespace mucbridge
