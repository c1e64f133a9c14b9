#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/stanza_error.hpp"
#include "xmpp/forms.hpp"

namespace mucbridge {

/// One option of a list, and what it stands for.
template <class T>
struct FormChoice {
    std::string_view word, label;
    T value;
};

/// Reads a submitted form field by field, and keeps what is wrong with the first that is: not-acceptable, naming the
/// field, the wish and what came (XEP-0004 §4). A field that is not there leaves things as they are, and so does one
/// without a value where one must be chosen (XEP-0004 §3.5, §3.6).
class FormReader {
public:
    explicit FormReader(const Form& form) : form_(form) {}

    /// bad-request where the form is of another kind.
    void want_type(std::string_view form_type);
    /// The field's one value: null where there is no such field, "" where it has no value.
    const std::string* value(std::string_view var);
    /// One line of at most `limit` bytes; an empty one is a value.
    void read_line(std::string_view var, std::string& out, std::size_t limit);
    std::optional<bool> read_boolean(std::string_view var);
    void read(std::string_view var, bool& out) { out = read_boolean(var).value_or(out); }

    template <class T, std::size_t count>
    void read(std::string_view var, const std::array<FormChoice<T>, count>& choices, T& out) {
        const std::string* word = value(var);
        if (word && !word->empty())
            out = find(var, choices, *word, out);
    }
    /// The chosen one; refuses the field and gives `otherwise` where the word is no choice.
    template <class T, std::size_t count>
    T find(std::string_view var, const std::array<FormChoice<T>, count>& choices, std::string_view word, T otherwise) {
        const auto found = std::ranges::find(choices, word, &FormChoice<T>::word);
        if (found != choices.end())
            return found->value;
        std::vector<std::string_view> words;
        for (const auto& choice : choices)
            words.push_back(choice.word);
        refuse_choice(var, words, word);
        return otherwise;
    }

    void refuse(std::string_view var, const std::string& why);
    const std::optional<StanzaError>& refusal() const { return refusal_; }

private:
    void refuse_choice(std::string_view var, const std::vector<std::string_view>& words, std::string_view got);

    const Form& form_;
    std::optional<StanzaError> refusal_;
};

/// A value as an error shows it: quoted, and cut where it is long.
std::string quote_value(std::string_view value);

}  // namespace mucbridge
