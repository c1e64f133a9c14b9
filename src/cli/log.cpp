#include "cli/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/time.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

std::string_view name_of(spdlog::level::level_enum level) {
    constexpr std::array<std::string_view, spdlog::level::n_levels> names{"trace", "debug", "info", "warn",
                                                                          "error", "error", "off"};
    return names.at(static_cast<std::size_t>(level));
}

std::string stamp(const spdlog::details::log_msg& message) {
    return to_rfc3339(std::chrono::time_point_cast<std::chrono::milliseconds>(message.time));
}

std::string_view text_of(const spdlog::details::log_msg& message) {
    return {message.payload.data(), message.payload.size()};
}

void append(spdlog::memory_buf_t& to, std::string_view text) { to.append(text.data(), text.data() + text.size()); }

class TextFormatter : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
        constexpr std::size_t width = 6;  // so that messages stand under each other
        const auto level = name_of(message.level);
        append(to, stamp(message) + " ");
        append(to, level);
        append(to, std::string(width - level.size(), ' '));
        append(to, to_log_text(text_of(message)) + "\n");
    }
    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

class JsonFormatter : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& to) override {
        const nlohmann::ordered_json line{
            {"time", stamp(message)}, {"level", name_of(message.level)}, {"message", to_log_text(text_of(message))}};
        append(to, line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    }
    std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

}  // namespace

void set_up_log(const std::string& format, const std::string& level) {
    auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    if (format == "json")
        logger->set_formatter(std::make_unique<JsonFormatter>());
    else
        logger->set_formatter(std::make_unique<TextFormatter>());
    logger->set_level(spdlog::level::from_str(level));
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace mucbridge
