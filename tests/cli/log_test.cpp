#include "cli/log.hpp"

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "temporary_folder.hpp"

namespace mucbridge {
namespace {

/// What is written to stderr meanwhile.
std::string logged(const std::string& format, const std::string& level, void (*log)()) {
    const TemporaryFolder folder;
    const auto file = folder.write("log", "");
    const auto before = spdlog::default_logger();
    std::fflush(stderr);
    const int saved = ::dup(STDERR_FILENO);
    REQUIRE(std::freopen(file.c_str(), "w", stderr) != nullptr);
    set_up_log(format, level);
    log();
    std::fflush(stderr);
    ::dup2(saved, STDERR_FILENO);
    ::close(saved);
    spdlog::set_default_logger(before);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("a log line is one line, with time and level, whatever it says [S9]") {
    const auto text = logged("text", "info", [] {
        spdlog::info("all is {}", "well");
        spdlog::warn("a nick\n2026-11-22T00:00:00.000Z error forged\x1b[31m");
        spdlog::debug("nobody wants this");
    });
    std::istringstream lines(text);
    std::string first;
    std::string second;
    std::string none;
    std::getline(lines, first);
    std::getline(lines, second);
    CHECK_FALSE(std::getline(lines, none));
    CHECK(first.substr(4, 1) == "-");
    CHECK(first.substr(23) == "Z info  all is well");
    CHECK(second.substr(23) == "Z warn  a nick\\x0a2026-11-22T00:00:00.000Z error forged\\x1b[31m");
}

TEST_CASE("a log line as JSON is one object a line, whatever it says [S9]") {
    const auto text = logged("json", "debug", [] {
        spdlog::debug("a \"nick\"\n with\xff bytes");
        spdlog::critical("the end");
    });
    std::istringstream lines(text);
    std::string line;
    REQUIRE(std::getline(lines, line));
    const auto first = nlohmann::json::parse(line);
    CHECK(first["level"] == "debug");
    CHECK(first["message"].get<std::string>().find("a \"nick\"\\x0a with") == 0);
    CHECK(first["time"].get<std::string>().size() == 24);
    REQUIRE(std::getline(lines, line));
    CHECK(nlohmann::json::parse(line)["level"] == "error");
    CHECK_FALSE(std::getline(lines, line));
}

}  // namespace mucbridge
