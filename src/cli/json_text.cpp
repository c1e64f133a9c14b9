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

/// Goes through a text before it is made a value, for what the value no longer shows: keys that stand twice. Also ends
/// what is nested too deep, before anything of it is made.
class Watch : public json::json_sax_t {
public:
    Watch(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

    bool null() override { return count(); }
    bool boolean(bool) override { return count(); }
    bool number_integer(json::number_integer_t) override { return count(); }
    bool number_unsigned(json::number_unsigned_t) override { return count(); }
    bool number_float(json::number_float_t, const std::string&) override { return count(); }
    bool string(std::string&) override { return count(); }
    bool binary(json::binary_t&) override { return count(); }
    bool start_object(std::size_t) override { return start(false); }
    bool start_array(std::size_t) override { return start(true); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }

    bool key(std::string& key) override {
        auto& level = levels_.back();
        level.key = key;
        if (!level.keys.insert(key).second)
            problems_.error(pointer(), "the key stands here twice");
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const json::exception& error) override {
        problems_.error("", place_of(text_, byte) + ": want JSON: " + to_log_text(reason_of(error.what())));
        return false;
    }

private:
    struct Level {
        bool is_list;
        std::size_t index = 0;
        std::string key = {};
        std::set<std::string, std::less<>> keys = {};
    };

    bool start(bool is_list) {
        count();
        if (levels_.size() == most_levels) {
            problems_.error(pointer(), "want at most 16 levels of nesting");
            return false;
        }
        levels_.push_back({is_list});
        return true;
    }

    bool end() {
        levels_.pop_back();
        return true;
    }

    bool count() {
        if (!levels_.empty() && levels_.back().is_list)
            ++levels_.back().index;
        return true;
    }

    std::string pointer() const {
        std::string text;
        for (const auto& level : levels_)
            text = level.is_list ? join_pointer(text, level.index - 1) : join_pointer(text, level.key);
        return text;
    }

    std::string_view text_;
    Problems& problems_;
    std::vector<Level> levels_;
};

}  // namespace

std::optional<json> parse_json(std::string_view text, Problems& problems) {
    if (text.size() > most_bytes) {
        problems.error("", "want at most 1 MiB, got " + std::to_string(text.size()) + " bytes");
        return std::nullopt;
    }
    const auto errors_before = problems.errors().size();
    Watch watch(text, problems);
    if (!json::sax_parse(text, &watch) || problems.errors().size() > errors_before)
        return std::nullopt;
    return json::parse(text);
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
