#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace mucbridge::scenes {

/// A piece of a sentence: a bare word, "quoted text" (without its quotes, escapes resolved), or one XML element.
struct Token {
    enum class Kind { word, text, xml } kind;
    std::string value;
    std::size_t at;  // where it begins in the sentence
};

std::vector<Token> split(const std::string& sentence);
/// \n \r \t \\ \" and \xNN.
std::string unescape(const std::string& text);

/// What a sentence put in the place of its phrase's capitals; the words of [optional] parts are keys as well.
struct Words {
    std::map<std::string, std::string> values;
    std::vector<std::pair<std::string, std::string>> properties;

    bool has(const std::string& name) const { return values.contains(name); }
    const std::string& operator[](const std::string& name) const { return values.at(name); }
    std::string get(const std::string& name, const std::string& otherwise) const {
        const auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
};

/// A sentence with gaps: "USER says TEXT [in ROOM]". Capitals are gaps:
/// TEXT is quoted, XML an element, LINE "nick: words" up to the sentence's end, CODES numbers, PROPERTIES pairs of a
/// word and a quoted text, OLD and NEW words like all others, which may be quoted.
class Phrase {
public:
    explicit Phrase(const std::string& pattern);
    bool match(const std::string& sentence, const std::vector<Token>& tokens, Words& words) const;
    const std::string& text() const { return text_; }

private:
    struct Part {
        std::string word;
        bool is_gap, is_optional;
    };
    using Parts = std::vector<Part>;
    static bool match(const Parts& parts, const std::string& sentence, const std::vector<Token>& tokens, Words& words);

    std::string text_;
    std::vector<Parts> readings_;  // with and without each optional part, the fuller ones first
};

}  // namespace mucbridge::scenes
