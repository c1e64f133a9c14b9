#include "gateway/inbox.hpp"

namespace mucbridge {

namespace {

/// Beside its texts: the delivery itself, the tasks that carry it, what the allocator needs.
constexpr std::size_t overhead = 512, property_overhead = 64;

}  // namespace

std::size_t bytes_of(const Delivery& delivery) {
    std::size_t bytes = overhead + delivery.address.size() + delivery.payload.size();
    for (const auto& [name, value] : delivery.properties)
        bytes += property_overhead + name.size() + value.size();
    return bytes;
}

Turn::Turn(std::shared_ptr<Inbox> inbox, std::shared_ptr<const Delivery> delivery, Pressure::Load load)
    : inbox_(std::move(inbox)), delivery_(std::move(delivery)), load_(load), place_(inbox_->pressure_, {1, 0}) {}

Turn::~Turn() { inbox_->end(*this); }

const std::string& Turn::room() const { return inbox_->room_; }
const std::string& Turn::broker() const { return inbox_->broker_; }
const Delivery* Turn::hear() { return inbox_->hear(*this); }

Inbox::Inbox(std::string broker, std::string room, Overflow overflow, std::shared_ptr<Pressure> pressure,
             IsOurs is_ours)
    : broker_(std::move(broker)),
      room_(std::move(room)),
      overflow_(overflow),
      pressure_(std::move(pressure)),
      bound_{(pressure_->bound().lines + 1) / 2, (pressure_->bound().bytes + 1) / 2},
      is_ours_(std::move(is_ours)) {}

std::shared_ptr<Turn> Inbox::put(std::shared_ptr<const Delivery> delivery) {
    if (overflow_ == Overflow::close)
        return std::make_shared<Turn>(shared_from_this(), std::move(delivery), Pressure::Load{});
    const Pressure::Load load{1, bytes_of(*delivery)};
    auto turn = std::make_shared<Turn>(shared_from_this(), std::move(delivery), load);
    const std::lock_guard lock(mutex_);
    while (is_full() && drop_oldest()) {
    }
    const bool is_too_much = is_full();
    load_.lines += load.lines;
    load_.bytes += load.bytes;
    // Where those who are told lag behind the room, nothing of what they wait for is the room's to drop.
    if (is_too_much && !is_ours_(*turn->delivery_))
        drop(*turn);
    else
        waiting_.push_back(turn.get());
    return turn;
}

bool Inbox::is_full() const { return load_.lines >= bound_.lines || load_.bytes >= bound_.bytes; }

/// False: there is nothing that may be dropped. Lines of ours that are passed over are not looked at again.
bool Inbox::drop_oldest() {
    while (!waiting_.empty()) {
        Turn& oldest = *waiting_.front();
        waiting_.pop_front();
        if (!is_ours_(*oldest.delivery_))
            return drop(oldest), true;
    }
    return false;
}

void Inbox::drop(Turn& turn) {
    turn.delivery_.reset();
    turn.state_ = Turn::State::is_lost;
    load_.lines -= turn.load_.lines;
    load_.bytes -= turn.load_.bytes;
}

const Delivery* Inbox::hear(Turn& turn) {
    if (overflow_ == Overflow::close)
        return turn.delivery_.get();
    const std::lock_guard lock(mutex_);
    if (turn.state_ == Turn::State::waits)
        turn.state_ = Turn::State::is_heard;
    if (!waiting_.empty() && waiting_.front() == &turn)
        waiting_.pop_front();
    return turn.delivery_.get();
}

void Inbox::end(const Turn& turn) {
    if (overflow_ == Overflow::close)
        return;
    const std::lock_guard lock(mutex_);
    if (turn.state_ == Turn::State::is_lost)
        return;
    if (turn.state_ == Turn::State::waits)
        std::erase(waiting_, &turn);
    load_.lines -= turn.load_.lines;
    load_.bytes -= turn.load_.bytes;
}

}  // namespace mucbridge
