#include "phrase.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace mucbridge::scenes {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

/// Where the tag that begins at `at` ends, one beyond its '>'; 0: nowhere.
std::size_t end_of_tag(const std::string& text, std::size_t at) {
    char quote = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (quote)
            quote = c == quote ? '\0' : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (c == '>')
            return at + 1;
    }
    return 0;
}

/// Where the element that begins at `at` ends; 0: nowhere.
std::size_t end_of_element(const std::string& text, std::size_t at) {
    int depth = 0;
    for (at = text.find('<', at); at != std::string::npos; at = text.find('<', at)) {
        const std::size_t end = end_of_tag(text, at);
        if (end == 0)
            return 0;
        if (text[at + 1] == '/')
            --depth;
        else if (text[end - 2] != '/')
            ++depth;
        if (depth <= 0)
            return end;
        at = end;
    }
    return 0;
}

std::size_t end_of_text(const std::string& sentence, std::size_t at) {
    for (++at; at < sentence.size(); ++at) {
        if (sentence[at] == '\\')
            ++at;
        else if (sentence[at] == '"')
            return at + 1;
    }
    return 0;
}

bool is_gap(const std::string& word) {
    return std::all_of(word.begin(), word.end(), [](char c) { return std::isupper(static_cast<unsigned char>(c)); });
}

bool is_number(const Token& token) {
    return token.kind == Token::Kind::word && std::all_of(token.value.begin(), token.value.end(), [](char c) {
               return std::isdigit(static_cast<unsigned char>(c));
           });
}

}  // namespace

std::string unescape(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            out += text[at];
            continue;
        }
        const char c = text[++at];
        if (c == 'x' && at + 2 < text.size() && std::isxdigit(static_cast<unsigned char>(text[at + 1])) &&
            std::isxdigit(static_cast<unsigned char>(text[at + 2]))) {
            out += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
            at += 2;
        } else {
            out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
        }
    }
    return out;
}

std::vector<Token> split(const std::string& sentence) {
    std::vector<Token> tokens;
    for (std::size_t at = 0; at < sentence.size();) {
        if (is_space(sentence[at])) {
            ++at;
            continue;
        }
        const bool is_tag = sentence[at] == '<' && at + 1 < sentence.size() &&
                            std::isalpha(static_cast<unsigned char>(sentence[at + 1]));
        if (const auto end = sentence[at] == '"' ? end_of_text(sentence, at) : 0; end != 0) {
            tokens.push_back({Token::Kind::text, unescape(sentence.substr(at + 1, end - at - 2)), at});
            at = end;
        } else if (const auto close = is_tag ? end_of_element(sentence, at) : 0; close != 0) {
            tokens.push_back({Token::Kind::xml, sentence.substr(at, close - at), at});
            at = close;
        } else {
            std::size_t stop = at;
            while (stop < sentence.size() && !is_space(sentence[stop]))
                ++stop;
            tokens.push_back({Token::Kind::word, sentence.substr(at, stop - at), at});
            at = stop;
        }
    }
    return tokens;
}

Phrase::Phrase(const std::string& pattern) : text_(pattern) {
    std::string spaced;
    for (const char c : pattern)
        spaced += c == '[' || c == ']' ? std::string{' ', c, ' '} : std::string{c};
    readings_.emplace_back();
    std::vector<Parts> without;
    std::istringstream in(spaced);
    bool is_optional = false;
    for (std::string word; in >> word;) {
        if (word == "[") {
            is_optional = true;
            without = readings_;
        } else if (word == "]") {
            is_optional = false;
            readings_.insert(readings_.end(), without.begin(), without.end());
        } else {
            for (Parts& parts : readings_)
                parts.push_back({word, is_gap(word), is_optional});
        }
    }
}

bool Phrase::match(const std::string& sentence, const std::vector<Token>& tokens, Words& words) const {
    return std::any_of(readings_.begin(), readings_.end(), [&](const Parts& parts) {
        words = {};
        return match(parts, sentence, tokens, words);
    });
}

bool Phrase::match(const Parts& parts, const std::string& sentence, const std::vector<Token>& tokens, Words& words) {
    using Kind = Token::Kind;
    std::size_t next = 0;
    for (const Part& part : parts) {
        if (next == tokens.size())
            return false;
        const Token& token = tokens[next];
        std::string& value = words.values[part.word];
        if (!part.is_gap) {
            if (token.kind != Kind::word || token.value != part.word)
                return false;
            ++next;
            if (!part.is_optional)
                words.values.erase(part.word);
        } else if (part.word == "LINE") {
            value = sentence.substr(token.at);
            return value.find(": ") != std::string::npos;
        } else if (part.word == "CODES") {
            for (; next < tokens.size() && is_number(tokens[next]); ++next)
                value += (value.empty() ? "" : " ") + tokens[next].value;
            if (value.empty())
                return false;
        } else if (part.word == "PROPERTIES") {
            for (; next + 1 < tokens.size() && tokens[next].kind == Kind::word && tokens[next + 1].kind == Kind::text;
                 next += 2)
                words.properties.emplace_back(tokens[next].value, tokens[next + 1].value);
            if (words.properties.empty())
                return false;
        } else {
            const bool fits = part.word.starts_with("TEXT")  ? token.kind == Kind::text
                              : part.word.starts_with("XML") ? token.kind == Kind::xml
                                                             : token.kind != Kind::xml;
            if (!fits)
                return false;
            value = token.value;
            ++next;
        }
    }
    return next == tokens.size();
}

}  // namespace mucbridge::scenes
