#include "cli/problems.hpp"

#include "cli/exit_code.hpp"
#include "core/utf8.hpp"

namespace mucbridge {
namespace {

constexpr std::size_t most = 200;  // of a kind; a file that is wrong throughout says so in fewer

void add(std::vector<std::string>& lines, std::string line) {
    if (lines.size() < most)
        lines.push_back(std::move(line));
    else if (lines.size() == most)
        lines.emplace_back("and more; these are the first 200");
}

}  // namespace

void Problems::error(std::string_view pointer, std::string_view text) {
    const auto* name = find_name(pointer);
    places_.emplace(pointer);
    beyond_flags_ |= is_judging_ || name == nullptr || !name->is_flag;
    add(errors_, place(pointer) + std::string(text));
}

void Problems::warn(std::string_view pointer, std::string_view text) {
    add(warnings_, place(pointer) + std::string(text));
}

void Problems::rename(std::string pointer, std::string name, bool is_flag) {
    names_.insert_or_assign(std::move(pointer), Name{std::move(name), is_flag});
}

int Problems::to_exit_code() const {
    if (errors_.empty())
        return exit_code::ok;
    return beyond_flags_ ? exit_code::configuration : exit_code::usage;
}

const Problems::Name* Problems::find_name(std::string_view pointer) const {
    while (!pointer.empty()) {
        if (const auto found = names_.find(pointer); found != names_.end())
            return &found->second;
        pointer = pointer.substr(0, pointer.rfind('/'));
    }
    return nullptr;
}

std::string Problems::place(std::string_view pointer) const {
    const auto* name = find_name(pointer);
    auto text = name != nullptr ? name->text : std::string(pointer);
    return text.empty() ? text : text + ": ";
}

std::string join_pointer(std::string_view pointer, std::string_view key) {
    std::string joined(pointer);
    joined += '/';
    for (const char byte : to_log_text(cut_utf8(key, 100))) {
        if (byte == '~')
            joined += "~0";
        else if (byte == '/')
            joined += "~1";
        else
            joined += byte;
    }
    return joined;
}

std::string join_pointer(std::string_view pointer, std::size_t index) {
    return std::string(pointer) + "/" + std::to_string(index);
}

}  // namespace mucbridge
