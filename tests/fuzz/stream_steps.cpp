#include "stream_steps.hpp"

#include <algorithm>

namespace mucbridge::stream_fuzz {

namespace {

/// How often each kind comes: 64 of them, for six bits.
constexpr std::array frequencies{
    std::pair{Kind::say, 12},   std::pair{Kind::join, 8},      std::pair{Kind::leave, 3},
    std::pair{Kind::log_in, 2}, std::pair{Kind::gesture, 2},   std::pair{Kind::subject, 2},
    std::pair{Kind::nick, 3},   std::pair{Kind::status, 2},    std::pair{Kind::whisper, 2},
    std::pair{Kind::role, 3},   std::pair{Kind::rank, 3},      std::pair{Kind::configure, 4},
    std::pair{Kind::ask, 2},    std::pair{Kind::enrol, 1},     std::pair{Kind::invite, 1},
    std::pair{Kind::voice, 1},  std::pair{Kind::direct, 1},    std::pair{Kind::answer, 1},
    std::pair{Kind::bounce, 1}, std::pair{Kind::odd, 1},       std::pair{Kind::hang_up, 1},
    std::pair{Kind::broken, 1}, std::pair{Kind::available, 1}, std::pair{Kind::publish, 3},
    std::pair{Kind::broker, 1}, std::pair{Kind::wind, 2}};

constexpr auto kinds = [] {
    std::array<Kind, 64> out{};
    std::size_t at = 0;
    for (const auto& [kind, times] : frequencies)
        for (int i = 0; i < times; ++i)
            out.at(at++) = kind;
    return at == out.size() ? out : throw "64 are wanted";
}();

}  // namespace

Play decode(const std::uint8_t* data, std::size_t size) {
    Play play;
    const auto byte = [&](std::size_t at) { return at < size ? data[at] : 0U; };
    play.setup.sessions = 2 + byte(0) % 5;
    play.setup.loops = 1 + (byte(1) & 1);
    play.setup.is_mqtt5 = (byte(1) & 6) != 6;
    play.setup.begins_inside = (byte(1) & 24) != 24;
    for (std::size_t at = 4; at + 4 <= size && play.steps.size() < steps_at_most; at += 4) {
        Step step;
        step.kind = kinds.at(byte(at) & 63);
        step.settles = (byte(at) & 64) == 0;
        step.is_cut = (byte(at) & 128) != 0 && (byte(at + 3) & 3) == 0;
        step.who = (byte(at + 1) & 7) % play.setup.sessions;
        step.room = byte(at + 1) >> 3;
        step.a = byte(at + 2);
        step.b = byte(at + 3);
        play.steps.push_back(step);
    }
    return play;
}

std::string_view name_of(Kind kind) {
    constexpr std::array names{"log_in",  "join",    "say",     "gesture", "subject",   "leave", "nick",
                               "status",  "whisper", "role",    "rank",    "configure", "ask",   "enrol",
                               "invite",  "voice",   "direct",  "answer",  "bounce",    "odd",   "available",
                               "hang_up", "broken",  "publish", "broker",  "wind"};
    return names.at(static_cast<std::size_t>(kind));
}

}  // namespace mucbridge::stream_fuzz
