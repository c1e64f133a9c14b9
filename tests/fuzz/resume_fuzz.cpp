#include <spdlog/spdlog.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "resume_house.hpp"

// People whose connections are lost at any moment, with stream management (XEP-0198) and client state (XEP-0352). They
// keep the protocol's books themselves, and what they were promised is checked against those and against what a witness
// saw whose connection never is.
namespace {

using namespace mucbridge::resume_fuzz;

/// A step is three characters: what, who, how. Any byte is some letter of these, the likelier the more often it is
/// here.
constexpr std::string_view letters = "sssssssssscppiarrkkkxxxxoooooohwwwdu";
constexpr std::size_t most_steps = 150;

char letter_of(std::uint8_t byte) {
    const char letter = static_cast<char>(byte);
    return letters.find(letter) != letters.npos ? letter : letters[byte % letters.size()];
}

void play(House& house, std::string_view input) {
    std::size_t steps = 0;
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(input[at]); };
    for (std::size_t at = 3; at + 3 <= input.size() && steps < most_steps; ++steps) {
        if (input[at] == '\n') {  // seeds are for people, too
            ++at;
            continue;
        }
        house.play({letter_of(byte(at)), byte(at + 1) & 7U, byte(at + 2)});
        at += 3;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    spdlog::set_level(spdlog::level::off);
    const auto first = [&](std::size_t at) { return at < size ? data[at] : 0U; };
    House house({2 + first(0) % 4, 1 + first(1) % 3, first(2) % 4 == 1});
    try {
        house.begin();
        play(house, {reinterpret_cast<const char*>(data), size});
        house.finish();
    } catch (const Broken& broken) {
        for (const std::string& words : house.transcript())
            std::cerr << words << '\n';
        std::cerr << "broken promise: " << broken.text << std::endl;
        std::abort();
    }
    return 0;
}
