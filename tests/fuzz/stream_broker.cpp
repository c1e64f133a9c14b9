#include <algorithm>

#include "stream_house.hpp"
#include "stream_words.hpp"

// The other side of the topics: publishers beside the gateway, and a broker in trouble.
namespace mucbridge::stream_fuzz {

namespace {

const std::string& address_of(unsigned room) {
    const std::string& address = rooms()[room].address;
    return address.empty() ? rooms()[0].address : address;
}

std::string payload(const std::string& token, unsigned choice) {
    switch (choice % 8) {
        case 1:
            return token + std::string("\0\x01\xff", 3);
        case 2:
            return R"({"body":")" + token + R"( <evil/>","nick":"u1","from":"garden@rooms.localhost/u1"})";
        case 3:
            return R"({"body":")" + token + R"(","id":"forged","origin":"house","seal":"00","lang":"x'y"})";
        case 4:
            return token + std::string(5000, 'x');
        case 5:
            return token + "\xef\xbf\xbe\x0b\xed\xa0\x80";
        default:
            return token + std::string(hostile_text(choice >> 3));
    }
}

}  // namespace

void House::publish(const Step& step) {
    Publication publication;
    publication.address = address_of(step.room);
    publication.retain = (step.a & 15) == 15;
    const bool is_replay = (step.a & 3) == 3 && !captured_.empty();
    if (is_replay) {
        const Delivery& old = captured_[step.b % captured_.size()];
        publication.payload = old.payload;
        publication.properties = old.properties;
        if (step.a & 4)
            publication.address = old.address;
        if (step.a & 16)
            publication.payload += " <evil/>";
        for (auto& [name, value] : publication.properties)
            if ((step.a & 32 && name == "XMPPFrom") || (step.a & 64 && name == "mucbridge-id"))
                value += "x";
    } else {
        const std::string token = actor_.make_token('F');
        publication.payload = payload(token, step.b);
        put_properties(step, publication, std::string(nick(step.b >> 4)));
    }
    world_.on_foreign(publication.address, token_of(publication.payload), publication.retain);
    write("topic " + publication.address + " < " + publication.payload);
    own_.emplace_back(publication.address, publication.payload);
    bus_->publish(std::move(publication));
}

/// A publisher that claims to be somebody.
void House::put_properties(const Step& step, Publication& publication, const std::string& nick) {
    auto& properties = publication.properties;
    if (step.a & 4)
        properties.emplace_back("nick", nick);
    if (step.a & 8)
        properties.emplace_back("XMPPFrom", "garden@rooms.localhost/" + (nick.empty() ? "u1" : nick));
    if (step.a & 16 && !captured_.empty())
        for (const auto& [name, value] : captured_.back().properties)
            if (name.starts_with("mucbridge-"))
                properties.emplace_back(name, value);
    if (step.a & 32)
        properties.emplace_back("mucbridge-id", "' id='evil");
    if (step.a & 64)
        properties.emplace_back("XMPPLang", "de' evil='1");
}

void House::trouble(const Step& step) {
    write("broker: " + std::to_string(step.a % 12));
    const std::string& address = address_of(step.room);
    switch (step.a % 12) {
        case 0:
            world_.on_outage();
            return bus_->set_up(false);
        case 1:
        case 2:
            return wait_for_broker();
        case 3:
            world_.on_outage();
            return bus_->cut();
        case 4:
            world_.on_refusal();
            return bus_->refuse_publish(address, "<evil/> '");
        case 5:
            return bus_->refuse_subscribe(address, "<evil/> '");
        case 6:
            return bus_->drop_echoes(address);
        case 7:
            return bus_->hold_settlements(holds_settlements_ = !holds_settlements_);
        case 8:
            return bus_->hold_deliveries(holds_deliveries_ = !holds_deliveries_);
        default:
            return bus_->accept_everything();
    }
}

/// All is well again. Reconnecting has its jitter, so there is some time in it.
void House::wait_for_broker() {
    bus_->accept_everything();
    bus_->hold_settlements(holds_settlements_ = false);
    bus_->hold_deliveries(holds_deliveries_ = false);
    bus_->set_up(true);
    settle();
    for (int seconds = 0; hub_->links().front()->status().state != "up"; ++seconds) {
        if (seconds > 120)
            throw Broken{"the broker is there, and the gateway does not connect"};
        wind(std::chrono::seconds(1));
        settle();
    }
}

/// Called by the bus, which wants nothing thrown.
void House::on_delivery(const Delivery& delivery) {
    const auto own = std::ranges::find(own_, std::pair{delivery.address, delivery.payload});
    if (own != own_.end()) {
        own_.erase(own);
        return;
    }
    if (delivery.address.starts_with("mucbridge/"))
        return;
    world_.on_published(delivery);
    captured_.push_back(delivery);
    if (captured_.size() > 16)
        captured_.pop_front();
}

}  // namespace mucbridge::stream_fuzz
