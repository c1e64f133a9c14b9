#include "cli/fields.hpp"

#include <algorithm>

#include "cli/json_text.hpp"
#include "cli/suggest.hpp"
#include "core/jid.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

/// "text or json", "0, 1 or 2".
std::string to_list(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t at = 0; at < words.size(); ++at) {
        if (at > 0)
            text += at + 1 == words.size() ? " or " : ", ";
        text += words[at];
    }
    return text;
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char byte) {
        const auto value = static_cast<unsigned char>(byte);
        return value < 0x20 || value == 0x7f;
    });
}

}  // namespace

bool read_text(const nlohmann::json& value, std::string_view pointer, std::string& to, Problems& problems) {
    if (!value.is_string()) {
        problems.error(pointer, "want text, got " + describe_type(value));
        return false;
    }
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) {
        problems.error(pointer, "want text, got none");
        return false;
    }
    if (has_control_character(text)) {
        problems.error(pointer, "want text without control characters");
        return false;
    }
    to = text;
    return true;
}

bool read_switch(const nlohmann::json& value, std::string_view pointer, bool& to, Problems& problems) {
    if (value.is_boolean())
        to = value.get<bool>();
    else
        problems.error(pointer, "want true or false, got " + describe(value));
    return value.is_boolean();
}

bool read_number(const nlohmann::json& value, std::string_view pointer, std::size_t least, std::size_t most,
                 std::size_t& to, Problems& problems) {
    // A negative number is not unsigned here, and one beyond 64 bits is a floating one.
    if (value.is_number_unsigned() && value.get<std::size_t>() >= least && value.get<std::size_t>() <= most) {
        to = value.get<std::size_t>();
        return true;
    }
    problems.error(pointer, "want a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                                ", got " + describe(value));
    return false;
}

bool read_choice(const nlohmann::json& value, std::string_view pointer, const std::vector<std::string>& words,
                 std::size_t& to, Problems& problems) {
    if (value.is_string()) {
        const auto found = std::find(words.begin(), words.end(), value.get_ref<const std::string&>());
        if (found != words.end()) {
            to = static_cast<std::size_t>(found - words.begin());
            return true;
        }
    }
    problems.error(pointer, "want " + to_list(words) + ", got " + describe(value));
    return false;
}

std::vector<Item> read_items(const nlohmann::json& value, const std::string& pointer, std::size_t most,
                             Problems& problems) {
    if (value.is_string())
        return {{value, pointer}};
    if (!value.is_array() || value.size() > most) {
        problems.error(pointer, "want text or a list of at most " + std::to_string(most) + " texts, got " +
                                    (value.is_array() ? std::to_string(value.size()) : describe(value)));
        return {};
    }
    std::vector<Item> items;
    for (const auto& item : value)
        items.push_back({item, join_pointer(pointer, items.size())});
    return items;
}

nlohmann::json make_text_schema() { return {{"type", "string"}, {"minLength", 1}}; }

nlohmann::json make_texts_schema() {
    return {{"anyOf", {make_text_schema(), {{"type", "array"}, {"items", make_text_schema()}}}}};
}

bool read_domain(const nlohmann::json& value, const std::string& pointer, std::string& to, Problems& problems) {
    std::string text;
    if (!read_text(value, pointer, text, problems))
        return false;
    auto domain = Jid::prepare_domain(text);
    if (domain)
        to = std::move(*domain);
    else
        problems.error(pointer, domain.error().text);
    return domain.has_value();
}

void report_unknown_keys(const nlohmann::json& object, std::string_view pointer, const std::vector<std::string>& known,
                         Problems& problems) {
    for (const auto& [key, value] : object.items()) {
        if (std::find(known.begin(), known.end(), key) != known.end())
            continue;
        const auto likely = suggest(key, known);
        problems.error(join_pointer(pointer, key),
                       "unknown key" + (likely.empty() ? std::string{} : "; did you mean " + likely + "?"));
    }
}

nlohmann::json make_number_schema(std::size_t least, std::size_t most) {
    return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

}  // namespace mucbridge
