#include "mapping/who.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

std::vector<std::string> split_at_stars(std::string_view text) {
    std::vector<std::string> pieces;
    for (;;) {
        const auto star = text.find('*');
        pieces.emplace_back(text.substr(0, star));
        if (star == std::string_view::npos)
            return pieces;
        text.remove_prefix(star + 1);
    }
}

/// Domains are prepared whole; the dots beside a star would be empty labels.
Result<std::string> prepare_domain_piece(std::string_view piece, bool is_last) {
    const bool starts = piece.starts_with('.');
    const auto rest = piece.substr(starts ? 1 : 0);
    const bool ends = rest.ends_with('.');
    if (rest.empty() || rest == ".")
        return starts && !ends ? Result<std::string>{"."} : Error{"the domain has an empty label"};
    auto prepared = Jid::prepare_domain(rest);
    if (!prepared)
        return prepared;
    return (starts ? "." : "") + *prepared + (ends && !is_last ? "." : "");
}

/// Whether `text` is these pieces with anything between them.
bool matches_pieces(const std::vector<std::string>& pieces, std::string_view text) {
    const auto& first = pieces.front();
    const auto& last = pieces.back();
    if (pieces.size() == 1)
        return text == first;
    if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last))
        return false;
    text = text.substr(first.size(), text.size() - first.size() - last.size());
    // The leftmost place for each leaves the most room for the next: nothing has to be tried twice.
    return std::all_of(pieces.begin() + 1, pieces.end() - 1, [&text](const std::string& piece) {
        const auto found = text.find(piece);
        if (found != std::string_view::npos)
            text.remove_prefix(found + piece.size());
        return found != std::string_view::npos;
    });
}

Result<std::vector<JidPattern>> parse_all(const std::vector<std::string>& texts, const std::string& key) {
    std::vector<JidPattern> patterns;
    for (const auto& text : texts) {
        auto pattern = JidPattern::parse(text);
        if (!pattern)
            return Error{key + "/" + std::to_string(patterns.size()) + ": " + pattern.error().text};
        patterns.push_back(std::move(*pattern));
    }
    return patterns;
}

bool any_matches(const std::vector<JidPattern>& patterns, const Jid& jid) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&jid](const JidPattern& pattern) { return pattern.matches(jid); });
}

}  // namespace

Result<JidPattern> JidPattern::parse(std::string_view text) {
    JidPattern pattern;
    pattern.text_ = text;
    pattern.is_anybody_ = text == "*";
    if (pattern.is_anybody_)
        return pattern;
    const auto refuse = [text](const std::string& why) {
        return Error{"want * (anybody) or localpart@domain, such as ops-*@example.org, got \"" +
                     to_log_text(cut_utf8(text, 200)) + "\"" + (why.empty() ? "" : ": ") + why};
    };
    const auto at = text.find('@');
    if (at == std::string_view::npos)
        return refuse("");
    if (text.find('/') != std::string_view::npos)
        return refuse("bare JIDs have no /resource");
    pattern.local_ = split_at_stars(text.substr(0, at));
    pattern.domain_ = split_at_stars(text.substr(at + 1));
    if (at == 0 || at + 1 == text.size())
        return refuse(at == 0 ? "the localpart is empty" : "the domain is empty");
    for (auto& piece : pattern.local_)
        if (!piece.empty()) {
            auto prepared = Jid::prepare_local(piece);
            if (!prepared)
                return refuse(prepared.error().text);
            piece = std::move(*prepared);
        }
    for (auto& piece : pattern.domain_)
        if (!piece.empty()) {
            auto prepared = prepare_domain_piece(piece, &piece == &pattern.domain_.back());
            if (!prepared)
                return refuse(prepared.error().text);
            piece = std::move(*prepared);
        }
    return pattern;
}

bool JidPattern::matches(const Jid& jid) const {
    if (is_anybody_)
        return true;
    return !jid.local.empty() && matches_pieces(local_, jid.local) && matches_pieces(domain_, jid.domain);
}

bool JidPattern::covers(std::string_view domain) const { return is_anybody_ || matches_pieces(domain_, domain); }

Result<Who> Who::make(const WhoConfig& config) {
    auto read = parse_all(config.read, "read"), write = parse_all(config.write, "write");
    if (!read)
        return read.error();
    if (!write)
        return write.error();
    Who who;
    who.read_ = std::move(*read);
    who.write_ = std::move(*write);
    return who;
}

bool Who::may_read(const Jid& bare) const { return any_matches(read_, bare); }
bool Who::may_write(const Jid& bare) const { return any_matches(write_, bare); }

}  // namespace mucbridge
