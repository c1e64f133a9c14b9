#include "mapping/template.hpp"

#include <charconv>

#include "core/utf8.hpp"

namespace mucbridge {

Result<NickTemplate> NickTemplate::parse(std::string_view text) {
    NickTemplate result;
    while (!text.empty()) {
        const auto open = text.find('{');
        Part part{std::string{text.substr(0, open)}, std::nullopt};
        if (part.text.find('}') != std::string::npos)
            return Error{"a } closes nothing"};
        if (open != std::string_view::npos) {
            const auto close = text.find('}', open);
            if (close == std::string_view::npos)
                return Error{"a { is not closed"};
            const auto name = text.substr(open + 1, close - open - 1);
            constexpr std::string_view prefix = "topic.";
            std::size_t level = 0;
            const auto parsed =
                std::from_chars(name.data() + std::min(prefix.size(), name.size()), name.data() + name.size(), level);
            if (!name.starts_with(prefix) || parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size())
                return Error{"\"{" + to_log_text(name) +
                             "}\" is unknown; want {topic.0} for the address's first level, {topic.1}, ..."};
            part.level = level;
            text.remove_prefix(close + 1);
        } else {
            text = {};
        }
        result.parts_.push_back(std::move(part));
    }
    return result;
}

std::optional<std::string> NickTemplate::fill(std::string_view address, AddressKind kind) const {
    if (parts_.empty())
        return std::nullopt;
    const auto levels = split_address(address, kind);
    std::string text;
    for (const auto& part : parts_) {
        text += part.text;
        if (!part.level)
            continue;
        if (*part.level >= levels.size() || levels[*part.level].empty())
            return std::nullopt;
        text += levels[*part.level];
    }
    return text;
}

}  // namespace mucbridge
