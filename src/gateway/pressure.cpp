#include "gateway/pressure.hpp"

namespace mucbridge {

namespace {
/// Of the bound: so much has to be free before a broker goes on, so that it is not woken for every line.
constexpr std::size_t freed_part = 16;
}  // namespace

BrokerCalls::Call::Call(BrokerCalls& calls) : calls_(calls) {
    ++calls_.calls_;
    calls_.wake();
}

/// Whoever is about to wait counts first and looks then, and whoever changes something changes first and looks then:
/// one of them sees the other.
void BrokerCalls::wake() {
    if (held_ == 0)
        return;
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
}

Pressure::Place::Place(std::shared_ptr<Pressure> pressure, Load load) : pressure_(std::move(pressure)), load_(load) {
    pressure_->lines_ += load.lines;
    pressure_->bytes_ += load.bytes;
}

Pressure::Outcome Pressure::hold_back(std::chrono::milliseconds at_most) {
    if (!is_full())
        return Outcome::at_once;
    std::unique_lock lock(calls_->mutex_);
    ++calls_->held_;
    const bool in_time = calls_->changed_.wait_for(lock, at_most, [this] { return calls_->calls_ > 0 || has_room(); });
    --calls_->held_;
    // After a call not a moment more: the library's lock is not fair, and a caller gets it sooner the less it is held.
    if (!in_time)
        return Outcome::too_long;
    return has_room() ? Outcome::waited : Outcome::interrupted;
}

bool Pressure::has_room() const {
    return lines_ < bound_.lines - bound_.lines / freed_part && bytes_ < bound_.bytes - bound_.bytes / freed_part;
}

void Pressure::give_back(Load load) {
    lines_ -= load.lines;
    bytes_ -= load.bytes;
    if (calls_->held_ > 0 && has_room())
        calls_->wake();
}

}  // namespace mucbridge
