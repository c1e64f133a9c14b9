#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace mucbridge {

struct Outcome {
    int code;
    std::string out, errors;
};

/// The whole program, within this one.
inline Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), "mucbridge");
    std::vector<const char*> argv;
    for (const auto& word : words)
        argv.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream errors;
    auto* const old_out = std::cout.rdbuf(out.rdbuf());
    auto* const old_errors = std::cerr.rdbuf(errors.rdbuf());
    const int code = run_command_line(static_cast<int>(argv.size()), argv.data());
    std::cout.rdbuf(old_out);
    std::cerr.rdbuf(old_errors);
    return {code, out.str(), errors.str()};
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace mucbridge
