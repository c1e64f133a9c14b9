#include "core/unique.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace mucbridge {
namespace {

constexpr unsigned counter_bits = 12;
constexpr std::uint64_t timestamp_mask = (std::uint64_t{1} << 48) - 1;
/// How far the clock may step back before the ids follow it instead of staying above the last one.
constexpr std::uint64_t rollback_milliseconds = 60'000;

/// What getentropy gives in one call.
constexpr std::size_t entropy_limit = 256;

void fill_from_system(char* out, std::size_t size) {
    while (size > 0) {
        const std::size_t part = size < entropy_limit ? size : entropy_limit;
        if (getentropy(out, part) != 0)
            throw std::system_error(errno, std::generic_category(), "random bytes from the system");
        out += part;
        size -= part;
    }
}

/// Eight random bytes; the system is asked once for many.
std::uint64_t random_word() {
    thread_local std::array<char, entropy_limit> pool;
    thread_local std::size_t used = pool.size();
    if (used == pool.size()) {
        fill_from_system(pool.data(), pool.size());
        used = 0;
    }
    std::uint64_t word = 0;
    std::memcpy(&word, pool.data() + used, sizeof word);
    std::memset(pool.data() + used, 0, sizeof word);
    used += sizeof word;
    return word;
}

/// 48 bits of milliseconds and a counter of 12 bits, never twice the same (RFC 9562 §6.2, method 1): a new millisecond
/// starts the counter at random in its lower half; one too many in a millisecond carries into the next.
std::uint64_t next_stamp(std::uint64_t milliseconds, std::uint64_t random) {
    static std::atomic<std::uint64_t> last{0};
    const std::uint64_t fresh = milliseconds << counter_bits | (random & 0x7FFU);
    std::uint64_t seen = last.load(std::memory_order_relaxed);
    std::uint64_t stamp = 0;
    do {
        const std::uint64_t ahead = (seen >> counter_bits) > milliseconds ? (seen >> counter_bits) - milliseconds : 0;
        const bool is_new = milliseconds > (seen >> counter_bits) || ahead > rollback_milliseconds;
        stamp = is_new ? fresh : seen + 1;
    } while (!last.compare_exchange_weak(seen, stamp, std::memory_order_relaxed));
    return stamp;
}

char* append_digits(char* out, std::uint64_t value, unsigned digits) {
    for (unsigned shift = digits * 4; shift > 0; shift -= 4)
        *out++ = "0123456789abcdef"[value >> (shift - 4) & 0xFU];
    return out;
}

/// RFC 9562 §4: 48 bits, the version, 12 bits, the variant, 62 bits.
std::string write_uuid(std::uint64_t first, unsigned version, std::uint64_t second, std::uint64_t third) {
    std::string text(36, '-');
    char* out = append_digits(text.data(), first >> 16 & 0xFFFFFFFFU, 8) + 1;
    out = append_digits(out, first & 0xFFFFU, 4) + 1;
    out = append_digits(out, version << 12 | (second & 0xFFFU), 4) + 1;
    out = append_digits(out, 0x8000U | (third >> 48 & 0x3FFFU), 4) + 1;
    append_digits(out, third & timestamp_mask, 12);
    return text;
}

}  // namespace

std::string make_uuid7(WallTime now) {
    const auto since_epoch = now.time_since_epoch().count();
    const std::uint64_t milliseconds = since_epoch < 0 ? 0 : static_cast<std::uint64_t>(since_epoch) & timestamp_mask;
    const std::uint64_t random = random_word();
    const std::uint64_t stamp = next_stamp(milliseconds, random_word());
    return write_uuid(stamp >> counter_bits, 7, stamp, random);
}

std::string make_uuid8(std::string_view words) {
    // FNV-1a, and a second hash beside it.
    std::uint64_t one = 0xCBF29CE484222325U, other = words.size();
    for (const char c : words) {
        const auto byte = static_cast<unsigned char>(c);
        one = (one ^ byte) * 0x100000001B3U;
        other = (other ^ byte) * 0x9E3779B97F4A7C15U;
        other ^= other >> 29;
    }
    return write_uuid(one >> 16, 8, one ^ (other >> 32), other);
}

bool is_uuid8(std::string_view text) { return text.size() == 36 && text[14] == '8'; }

std::string make_random_hex(std::size_t bytes) {
    std::string raw(bytes, '\0');
    fill_from_system(raw.data(), raw.size());
    std::string text(bytes * 2, '0');
    char* out = text.data();
    for (const char byte : raw)
        out = append_digits(out, static_cast<unsigned char>(byte), 2);
    return text;
}

}  // namespace mucbridge
