#include "cli/json_text.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/problems.hpp"

namespace mucbridge {
namespace {

std::vector<std::string> errors_of(std::string_view text) {
    Problems problems;
    const auto parsed = parse_json(text, problems);
    CHECK(parsed.has_value() == problems.is_fine());
    return problems.errors();
}

}  // namespace

TEST_CASE("JSON is read") {
    Problems problems;
    const auto parsed = parse_json(R"({"a": [1, {"b": "\u00e9"}], "c": {"a": true}})", problems);
    REQUIRE(parsed);
    CHECK((*parsed)["a"][1]["b"] == "\xc3\xa9");
    CHECK(problems.errors().empty());
}

TEST_CASE("an error of JSON names line and column") {
    const auto errors = errors_of("{\n  \"domain\": \"localhost\",\n  \"listen\": [1,]\n}\n");
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("line 3, column 16: want JSON: ") == 0);
}

TEST_CASE("what is not JSON is an error and no more") {
    using namespace std::string_literals;
    for (const auto& text : {""s, "{"s, "["s, "nonsense"s, "{\"a\": 1} x"s, "// no\n{}"s, "{'a': 1}"s,
                             "{\"a\": \"\xff\"}"s, "\0"s, "{\"a\": 1e999}"s, "{\"a\": \"\n\"}"s, "\xef\xbb"s}) {
        CAPTURE(text);
        const auto errors = errors_of(text);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].find('\n') == std::string::npos);
    }
}

TEST_CASE("a key that stands twice in an object is an error with its path") {
    const auto errors = errors_of(R"({"rules": [{"room": "a"}, {"room": "b", "qos": 1, "room": "c"}], "rules": []})");
    REQUIRE(errors.size() == 2);
    CHECK(errors[0] == "/rules/1/room: the key stands here twice");
    CHECK(errors[1] == "/rules: the key stands here twice");
}

TEST_CASE("a value nested too deep ends the reading, whatever its length") {
    for (const std::string_view unit : {"[", "{\"a\":"}) {
        std::string text;
        for (int level = 0; level < 100000; ++level)
            text += unit;
        const auto errors = errors_of(text);
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].find("want at most 16 levels of nesting") != std::string::npos);
    }
}

TEST_CASE("a long list of objects is read in one go, not once more for each") {
    std::string text = "[{}";
    for (int n = 0; n < 300000; ++n)
        text += ",{}";
    Problems problems;
    const auto start = std::chrono::steady_clock::now();
    const auto parsed = parse_json(text + "]", problems);
    CHECK(parsed->size() == 300001);
    // Squared it would be 90,000,000,000 steps, which no machine makes in this time.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}

TEST_CASE("more than a mebibyte is not read") {
    const auto errors = errors_of(std::string(1024 * 1024 + 1, ' '));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0] == "want at most 1 MiB, got 1048577 bytes");
}

TEST_CASE("many errors are cut, and say so") {
    std::string text = "{";
    for (int n = 0; n < 10000; ++n)
        text += "\"a\": 1, ";
    const auto errors = errors_of(text + "\"a\": 1}");
    CHECK(errors.size() == 201);
    CHECK(errors.back() == "and more; these are the first 200");
}

}  // namespace mucbridge
