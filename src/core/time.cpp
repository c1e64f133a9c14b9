#include "core/time.hpp"

#include <array>
#include <optional>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono;

constexpr WallTime first_moment = sys_days{year{0} / January / 1};
constexpr WallTime last_moment = sys_days{year{9999} / December / 31} + hours{24} - milliseconds{1};

/// The last so many decimal digits; printf would take half the time that a line's metadata takes.
template <std::size_t count>
void put_digits(char* at, unsigned number) {
    for (std::size_t i = count; i-- > 0; number /= 10)
        at[i] = static_cast<char>('0' + number % 10);
}

constexpr bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// Takes a text apart from its start; the first thing that is not as wanted makes it fail for good.
class Cursor {
public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    int digits(std::size_t count, int least, int most) {
        int value = 0;
        if (rest_.size() < count)
            return fail();
        for (const char byte : rest_.substr(0, count)) {
            if (!is_digit(byte))
                return fail();
            value = value * 10 + (byte - '0');
        }
        rest_.remove_prefix(count);
        return value < least || value > most ? fail() : value;
    }

    void literal(char wanted) {
        if (!skip(wanted))
            fail();
    }

    bool skip(char wanted) {
        if (rest_.empty() || rest_.front() != wanted)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// Digits after a point, however many; the first three count.
    milliseconds fraction() {
        int value = 0;
        std::size_t count = 0;
        for (; count < rest_.size() && is_digit(rest_[count]); ++count)
            if (count < 3)
                value = value * 10 + (rest_[count] - '0');
        if (count == 0)
            fail();
        rest_.remove_prefix(count);
        for (; count < 3; ++count)
            value *= 10;
        return milliseconds{value};
    }

    bool is_done() const { return !failed_ && rest_.empty(); }

private:
    int fail() {
        failed_ = true;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool failed_ = false;
};

std::optional<year_month_day> parse_date(Cursor& cursor) {
    const year parsed_year{cursor.digits(4, 0, 9999)};
    cursor.literal('-');
    const month parsed_month{static_cast<unsigned>(cursor.digits(2, 1, 12))};
    cursor.literal('-');
    const day parsed_day{static_cast<unsigned>(cursor.digits(2, 1, 31))};
    const year_month_day date{parsed_year, parsed_month, parsed_day};
    return date.ok() ? std::optional(date) : std::nullopt;
}

milliseconds parse_time_of_day(Cursor& cursor) {
    milliseconds time = hours{cursor.digits(2, 0, 23)};
    cursor.literal(':');
    time += minutes{cursor.digits(2, 0, 59)};
    cursor.literal(':');
    time += seconds{cursor.digits(2, 0, 59)};
    return cursor.skip('.') ? time + cursor.fraction() : time;
}

minutes parse_zone(Cursor& cursor) {
    if (cursor.skip('Z'))
        return minutes{0};
    const bool is_west = cursor.skip('-');
    if (!is_west)
        cursor.literal('+');
    minutes offset = hours{cursor.digits(2, 0, 23)};
    cursor.literal(':');
    offset += minutes{cursor.digits(2, 0, 59)};
    return is_west ? -offset : offset;
}

}  // namespace

Now read_clocks() { return {steady_clock::now(), floor<milliseconds>(system_clock::now())}; }

std::string to_rfc3339(WallTime time) {
    // A year has four digits there; what lies beyond is a clock gone wrong, and is held at the edge.
    time = time < first_moment ? first_moment : time > last_moment ? last_moment : time;
    const auto midnight = floor<days>(time);
    const year_month_day date{midnight};
    const hh_mm_ss clock{time - midnight};
    std::string text = "0000-00-00T00:00:00.000Z";
    put_digits<4>(&text[0], static_cast<unsigned>(static_cast<int>(date.year())));
    put_digits<2>(&text[5], static_cast<unsigned>(date.month()));
    put_digits<2>(&text[8], static_cast<unsigned>(date.day()));
    put_digits<2>(&text[11], static_cast<unsigned>(clock.hours().count()));
    put_digits<2>(&text[14], static_cast<unsigned>(clock.minutes().count()));
    put_digits<2>(&text[17], static_cast<unsigned>(clock.seconds().count()));
    put_digits<3>(&text[20], static_cast<unsigned>(clock.subseconds().count()));
    return text;
}

Result<WallTime> parse_rfc3339(std::string_view text) {
    Cursor cursor(text);
    const auto date = parse_date(cursor);
    cursor.literal('T');
    const milliseconds time = parse_time_of_day(cursor);
    const minutes zone = parse_zone(cursor);
    if (!date || !cursor.is_done())
        return Error{"\"" + to_log_text(cut_utf8(text, 64)) +
                     "\" is not a time; want one like 2026-11-22T15:40:58.123Z"};
    return WallTime{sys_days{*date}} + time - zone;
}

}  // namespace mucbridge
