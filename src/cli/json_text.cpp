#include "cli/json_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "cli/problems.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using nlohmann::json;

constexpr std::size_t most_bytes = 1024 * 1024;
constexpr std::size_t most_levels = 16;

struct TooDeep {};  // ends a parse from inside

/// Watches a parse go by for what a finished value no longer shows: keys that stand twice, and depth while it is made.
class Watch {
public:
    explicit Watch(Problems& problems) : problems_(problems) {}

    void on_event(json::parse_event_t event, const json& parsed) {
        using Event = json::parse_event_t;
        switch (event) {
            case Event::object_start:
            case Event::array_start:
                on_start(event == Event::array_start);
                break;
            case Event::object_end:
            case Event::array_end:
                levels_.pop_back();
                break;
            case Event::key:
                on_key(parsed.get_ref<const std::string&>());
                break;
            case Event::value:
                count();
                break;
        }
    }

private:
    struct Level {
        bool is_list;
        std::size_t index = 0;
        std::string key = {};
        std::set<std::string, std::less<>> keys = {};
    };

    void on_start(bool is_list) {
        count();
        if (levels_.size() == most_levels) {
            problems_.error(pointer(), "want at most 16 levels of nesting");
            throw TooDeep{};
        }
        levels_.push_back({is_list});
    }

    void on_key(const std::string& key) {
        auto& level = levels_.back();
        level.key = key;
        if (!level.keys.insert(key).second)
            problems_.error(pointer(), "the key stands here twice");
    }

    void count() {
        if (!levels_.empty() && levels_.back().is_list)
            ++levels_.back().index;
    }

    std::string pointer() const {
        std::string text;
        for (const auto& level : levels_)
            text = level.is_list ? join_pointer(text, level.index - 1) : join_pointer(text, level.key);
        return text;
    }

    Problems& problems_;
    std::vector<Level> levels_;
};

/// "line 4, column 3" of the byte that a parser stumbled over (1 is the first).
std::string place_of(std::string_view text, std::size_t byte) {
    const auto before = text.substr(0, std::min(text.size(), byte == 0 ? 0 : byte - 1));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing ... - X": X.
std::string reason_of(std::string_view what) {
    for (const std::string_view mark : {" - ", ": "})
        if (const auto at = what.find(mark); at != std::string_view::npos)
            return std::string(what.substr(at + mark.size()));
    return std::string(what);
}

}  // namespace

std::optional<json> parse_json(std::string_view text, Problems& problems) {
    if (text.size() > most_bytes) {
        problems.error("", "want at most 1 MiB, got " + std::to_string(text.size()) + " bytes");
        return std::nullopt;
    }
    const auto errors_before = problems.errors().size();
    Watch watch(problems);
    try {
        auto parsed = json::parse(text, [&watch](int, json::parse_event_t event, const json& value) {
            watch.on_event(event, value);
            return true;
        });
        if (problems.errors().size() > errors_before)
            return std::nullopt;
        return parsed;
    } catch (const json::parse_error& error) {
        problems.error("", place_of(text, error.byte) + ": want JSON: " + to_log_text(reason_of(error.what())));
    } catch (const TooDeep&) {
        return std::nullopt;
    } catch (const json::exception& error) {  // a number beyond what a double holds
        problems.error("", "want JSON: " + to_log_text(reason_of(error.what())));
    }
    return std::nullopt;
}

std::string describe_type(const json& value) {
    if (value.is_null())
        return "null";
    if (value.is_object())
        return "an object";
    if (value.is_array())
        return "a list";
    if (value.is_string())
        return "text";
    return value.is_boolean() ? "true or false" : "a number";
}

std::string describe(const json& value) {
    if (value.is_structured())
        return describe_type(value);
    constexpr std::size_t longest = 60;
    const auto text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto shown = to_log_text(cut_utf8(text, longest));
    return text.size() > longest ? shown + "..." : shown;
}

}  // namespace mucbridge
