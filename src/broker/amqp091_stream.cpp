#include "broker/amqp091_stream.hpp"

#include <algorithm>
#include <charconv>

namespace mucbridge {

namespace {
constexpr std::string_view argument = "x-stream-offset";
constexpr std::chrono::seconds due_after{5};
}  // namespace

void Amqp091Stream::begin_anew() {
    last_.reset();
    due_.reset();
    is_from_first_ = true;
}

void Amqp091Stream::ask(RabbitTable& arguments, const Now& now) {
    due_.reset();
    if (last_) {
        arguments.add(argument, static_cast<std::int64_t>(*last_));
        due_ = now.tick + due_after;
    } else if (is_from_first_) {
        arguments.add(argument, std::string_view("first"));
    } else if (since_) {
        arguments.add_time(argument, std::chrono::floor<std::chrono::seconds>(*since_));
    } else {
        arguments.add(argument, std::string_view("next"));
        since_ = now.wall;
    }
}

bool Amqp091Stream::take(std::uint64_t offset) {
    if (due_ && offset < *last_)
        return false;  // of the same chunk
    const bool is_awaited = std::exchange(due_, std::nullopt).has_value();
    if (is_awaited && offset == *last_)
        return false;
    if (is_awaited)
        missed_ = offset - *last_ - 1;
    last_ = offset;
    return true;
}

std::optional<std::uint64_t> take_stream_offset(Delivery& delivery) {
    const auto found = std::ranges::find(delivery.properties, argument, &std::pair<std::string, std::string>::first);
    if (found == delivery.properties.end())
        return std::nullopt;
    std::uint64_t offset = 0;
    const std::string& text = found->second;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), offset);
    const bool is_number = failure == std::errc() && end == text.data() + text.size();
    delivery.properties.erase(found);
    return is_number ? std::optional(offset) : std::nullopt;
}

}  // namespace mucbridge
