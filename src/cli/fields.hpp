#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/json_text.hpp"
#include "cli/problems.hpp"

namespace mucbridge {

/// Reading one value. True: it is what was wanted.
bool read_text(const nlohmann::json& value, std::string_view pointer, std::string& to, Problems& problems);
bool read_switch(const nlohmann::json& value, std::string_view pointer, bool& to, Problems& problems);
bool read_number(const nlohmann::json& value, std::string_view pointer, std::size_t least, std::size_t most,
                 std::size_t& to, Problems& problems);
/// The index of the text in `words`.
bool read_choice(const nlohmann::json& value, std::string_view pointer, const std::vector<std::string>& words,
                 std::size_t& to, Problems& problems);
/// A text, or a list of at most so many texts: each with the place where it stands, itself not yet read.
struct Item {
    const nlohmann::json& value;
    std::string pointer;
};
std::vector<Item> read_items(const nlohmann::json& value, const std::string& pointer, std::size_t most,
                             Problems& problems);
nlohmann::json make_texts_schema();
nlohmann::json make_text_schema();
/// A domain, prepared.
bool read_domain(const nlohmann::json& value, const std::string& pointer, std::string& to, Problems& problems);
/// The keys of an object that no table names.
void report_unknown_keys(const nlohmann::json& object, std::string_view pointer, const std::vector<std::string>& known,
                         Problems& problems);

// What a key of an object may hold, and where in a T it goes.
template <class T>
struct TextField {
    std::string T::*to;
};
template <class T>
struct SwitchField {
    bool T::*to;
};
template <class T>
struct NumberField {
    std::size_t T::*to;
    std::size_t least, most;
};
template <class T>
struct SecondsField {
    std::chrono::seconds T::*to;
    std::size_t least, most;
};
template <class T>
struct ChoiceField {
    std::vector<std::string> words;
    void (*set)(T& to, std::size_t word);
};
/// Anything else: it reads itself and describes itself (JSON Schema).
template <class T>
struct OwnField {
    void (*read)(const nlohmann::json& value, const std::string& pointer, T& to, Problems& problems);
    nlohmann::json (*schema)();
};
/// Designed, but not in this version; accepting it would promise what does not happen.
struct AbsentField {
    std::string why;
};

/// One key that an object may have.
template <class T>
struct Field {
    std::string key;
    std::variant<TextField<T>, SwitchField<T>, NumberField<T>, SecondsField<T>, ChoiceField<T>, OwnField<T>,
                 AbsentField>
        kind;
    std::string about;
};

template <class T>
using Fields = std::vector<Field<T>>;

template <class T>
void read_field(const Field<T>& field, const nlohmann::json& value, const std::string& pointer, T& to,
                Problems& problems) {
    std::size_t number = 0;
    if (const auto* text = std::get_if<TextField<T>>(&field.kind))
        read_text(value, pointer, to.*(text->to), problems);
    else if (const auto* flag = std::get_if<SwitchField<T>>(&field.kind))
        read_switch(value, pointer, to.*(flag->to), problems);
    else if (const auto* count = std::get_if<NumberField<T>>(&field.kind))
        read_number(value, pointer, count->least, count->most, to.*(count->to), problems);
    else if (const auto* span = std::get_if<SecondsField<T>>(&field.kind)) {
        if (read_number(value, pointer, span->least, span->most, number, problems))
            to.*(span->to) = std::chrono::seconds(number);
    } else if (const auto* choice = std::get_if<ChoiceField<T>>(&field.kind)) {
        if (read_choice(value, pointer, choice->words, number, problems))
            choice->set(to, number);
    } else if (const auto* own = std::get_if<OwnField<T>>(&field.kind))
        own->read(value, pointer, to, problems);
    else
        problems.error(pointer, std::get<AbsentField>(field.kind).why);
}

/// Reads the keys that stand in `object`; what does not stand there stays as it is in `to`.
template <class T>
void read_object(const nlohmann::json& object, const std::string& pointer, T& to, const Fields<T>& fields,
                 Problems& problems) {
    if (!object.is_object()) {
        problems.error(pointer, "want an object, got " + describe(object));
        return;
    }
    std::vector<std::string> known;
    for (const auto& field : fields) {
        known.push_back(field.key);
        if (const auto found = object.find(field.key); found != object.end())
            read_field(field, *found, join_pointer(pointer, field.key), to, problems);
    }
    report_unknown_keys(object, pointer, known, problems);
}

nlohmann::json make_number_schema(std::size_t least, std::size_t most);

/// The JSON Schema (2020-12) of an object that these fields describe.
template <class T>
nlohmann::json make_schema(const Fields<T>& fields) {
    auto properties = nlohmann::json::object();
    for (const auto& field : fields) {
        nlohmann::json schema;
        if (std::holds_alternative<AbsentField>(field.kind))
            continue;
        if (std::holds_alternative<TextField<T>>(field.kind))
            schema = make_text_schema();
        else if (std::holds_alternative<SwitchField<T>>(field.kind))
            schema = {{"type", "boolean"}};
        else if (const auto* count = std::get_if<NumberField<T>>(&field.kind))
            schema = make_number_schema(count->least, count->most);
        else if (const auto* span = std::get_if<SecondsField<T>>(&field.kind))
            schema = make_number_schema(span->least, span->most);
        else if (const auto* choice = std::get_if<ChoiceField<T>>(&field.kind))
            schema = {{"enum", choice->words}};
        else
            schema = std::get<OwnField<T>>(field.kind).schema();
        schema["description"] = field.about;
        properties[field.key] = schema;
    }
    return {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
}

}  // namespace mucbridge
