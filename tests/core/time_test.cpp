#include "core/time.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;
using namespace std::chrono_literals;

namespace {

/// What comes back of a text: the same moment, written our way; or "refused".
std::string again(std::string_view text) {
    const auto time = parse_rfc3339(text);
    return time ? to_rfc3339(*time) : "refused";
}

}  // namespace

TEST_CASE("a time is written in UTC with milliseconds [XEP-0082 §3.2]") {
    CHECK(to_rfc3339(WallTime{}) == "1970-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(WallTime{1795362058123ms}) == "2026-11-22T15:40:58.123Z");
    CHECK(to_rfc3339(WallTime{-1ms}) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("the XEP's own examples are one moment [XEP-0082 §3.2]") {
    CHECK(again("1969-07-21T02:56:15Z") == "1969-07-21T02:56:15.000Z");
    CHECK(again("1969-07-20T21:56:15-05:00") == "1969-07-21T02:56:15.000Z");
}

TEST_CASE("fractions have any number of digits, of which milliseconds are kept [XEP-0082 §2.1]") {
    CHECK(again("2026-11-22T15:40:58.5+01:00") == "2026-11-22T14:40:58.500Z");
    CHECK(again("2026-11-22T15:40:58.12Z") == "2026-11-22T15:40:58.120Z");
    CHECK(again("2026-11-22T15:40:58.123999999999999999999Z") == "2026-11-22T15:40:58.123Z");
    CHECK(again("2026-11-22T15:40:58." + std::string(100000, '9') + "Z") == "2026-11-22T15:40:58.999Z");
}

TEST_CASE("leap days are where the calendar has them") {
    CHECK(again("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000Z");
    CHECK(again("2000-02-29T00:00:00Z") == "2000-02-29T00:00:00.000Z");
    CHECK(again("2026-02-29T00:00:00Z") == "refused");
    CHECK(again("1900-02-29T00:00:00Z") == "refused");
}

TEST_CASE("an offset carries over days and years") {
    CHECK(again("2026-12-31T23:30:00-01:00") == "2027-01-01T00:30:00.000Z");
    CHECK(again("2027-01-01T00:30:00+05:45") == "2026-12-31T18:45:00.000Z");
}

TEST_CASE("what is not a date, a time and a zone is refused [XEP-0082 §3.2]") {
    for (const std::string_view text : {"",
                                        "Z",
                                        "2026",
                                        "2026-11-22",
                                        "2026-11-22T15:40:58",
                                        "2026-11-22 15:40:58Z",
                                        "2026-11-22t15:40:58z",
                                        "2026-11-22T15:40Z",
                                        "2026-11-22T15:40:58.Z",
                                        "2026-11-22T15:40:58,5Z",
                                        "2026-11-22T15:40:58+0100",
                                        "2026-11-22T15:40:58+01",
                                        "2026-11-22T15:40:58Zx",
                                        " 2026-11-22T15:40:58Z",
                                        "20261122T15:40:58Z",
                                        "2026-13-01T00:00:00Z",
                                        "2026-00-01T00:00:00Z",
                                        "2026-01-00T00:00:00Z",
                                        "2026-04-31T00:00:00Z",
                                        "2026-11-22T24:00:00Z",
                                        "2026-11-22T15:60:00Z",
                                        "2026-11-22T15:40:60Z",
                                        "2026-11-22T15:40:58+24:00",
                                        "2026-11-22T15:40:58+01:60",
                                        "-026-11-22T15:40:58Z",
                                        "+026-11-22T15:40:58Z",
                                        "12026-11-22T15:40:58Z",
                                        "2026-1-022T15:40:58Z",
                                        "2026-11-22T+5:40:58Z",
                                        "2026-11-22T15:40:58--1:00"}) {
        CAPTURE(text);
        CHECK(again(text) == "refused");
    }
}

TEST_CASE("a refusal shows the text, fit for one log line, and what was wanted") {
    CHECK(parse_rfc3339("noon").error().text == "\"noon\" is not a time; want one like 2026-11-22T15:40:58.123Z");
    CHECK(parse_rfc3339(std::string(5000, '\n')).error().text.size() < 400);
}

TEST_CASE("a clock gone wrong is written at the edge of four-digit years") {
    CHECK(to_rfc3339(WallTime::max()) == "9999-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(WallTime::min()) == "0000-01-01T00:00:00.000Z");
    CHECK(again("9999-12-31T23:59:59-23:59") == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("every moment comes back as it was written") {
    for (auto time = WallTime{-62167219200000ms}; time < WallTime{253402300800000ms}; time += 86399123ms * 97)
        if (parse_rfc3339(to_rfc3339(time)).value() != time)
            FAIL(to_rfc3339(time));
}

TEST_CASE("the clocks of the system run") {
    const Now before = read_clocks(), after = read_clocks();
    CHECK(before.tick <= after.tick);
    CHECK(to_rfc3339(before.wall) > "2024");
}
