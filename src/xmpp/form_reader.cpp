#include "xmpp/form_reader.hpp"

#include "core/utf8.hpp"

namespace mucbridge {

std::string quote_value(std::string_view value) { return "\"" + std::string(cut_utf8(value, 80)) + "\""; }

void FormReader::want_type(std::string_view form_type) {
    if (form_.form_type() != form_type && !refusal_)
        refusal_ = StanzaError{Condition::bad_request,
                               "FORM_TYPE: want " + std::string(form_type) + ", got " + quote_value(form_.form_type())};
}

void FormReader::refuse(std::string_view var, const std::string& why) {
    if (!refusal_)
        refusal_ = StanzaError{Condition::not_acceptable, std::string(var) + ": " + why};
}

const std::string* FormReader::value(std::string_view var) {
    static const std::string none;
    const FormField* field = form_.field(var);
    if (!field)
        return nullptr;
    if (field->values.size() > 1)
        refuse(var, "want one value, got " + std::to_string(field->values.size()));
    return field->values.empty() ? &none : &field->values.front();
}

void FormReader::read_line(std::string_view var, std::string& out, std::size_t limit) {
    const std::string* text = value(var);
    if (!text)
        return;
    if (text->size() > limit)
        return refuse(var, "want at most " + std::to_string(limit) + " bytes, got " + std::to_string(text->size()));
    if (std::ranges::any_of(*text, [](char byte) { return (byte >= 0 && byte < ' ') || byte == 0x7F; }))
        return refuse(var, "want one line, without control characters");
    out = *text;
}

std::optional<bool> FormReader::read_boolean(std::string_view var) {
    const std::string* text = value(var);
    if (!text || text->empty())
        return std::nullopt;
    const auto is_true = parse_form_boolean(*text);
    if (!is_true)
        refuse(var, "want 0, 1, false or true, got " + quote_value(*text));
    return is_true;
}

void FormReader::refuse_choice(std::string_view var, const std::vector<std::string_view>& words, std::string_view got) {
    std::string wanted;
    for (const auto& word : words)
        wanted.append(wanted.empty() ? "" : &word == &words.back() ? " or " : ", ").append(word);
    refuse(var, "want " + wanted + ", got " + quote_value(got));
}

}  // namespace mucbridge
