#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "xml/element.hpp"

namespace mucbridge {

struct FormOption {
    std::string label, value;
};

/// One field of a form. XEP-0004 §3.2.
struct FormField {
    std::string var;
    std::string type;  // "boolean", "fixed", "hidden", "jid-multi", "list-single", "text-single", ...; may be empty
    std::string label;
    std::vector<std::string> values;
    std::vector<FormOption> options;
    bool required = false;

    /// The first value, or "".
    std::string_view value() const;
};

/// A data form, <x xmlns='jabber:x:data'/>. XEP-0004.
struct Form {
    std::string type;  // "form", "submit", "cancel", "result"
    std::string title, instructions;
    std::vector<FormField> fields;

    /// The first field of that var, or null.
    const FormField* field(std::string_view var) const;
    /// The value of the hidden FORM_TYPE (XEP-0068), or "".
    std::string_view form_type() const;
};

Element to_element(const Form& form);

/// Wants the <x/>. Errors say what is wrong: a type that is none of the four, a field without var that is not "fixed",
/// two of one var (XEP-0004 §3.2). What the fields mean is not judged.
Result<Form> parse_form(const Element& x);

/// "1", "true", "0", "false" (XEP-0004 §3.3, boolean); nothing else.
std::optional<bool> parse_form_boolean(std::string_view text);

}  // namespace mucbridge
