// Plays a fuzz target pseudo-random inputs: the same ones for the same numbers, on every machine and compiler.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

volatile std::sig_atomic_t playing = 0;

/// SplitMix64.
std::uint64_t next(std::uint64_t& state) {
    std::uint64_t word = state += 0x9E3779B97F4A7C15U;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9U;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBU;
    return word ^ (word >> 31);
}

std::vector<std::uint8_t> make_input(std::uint64_t seed, std::size_t most) {
    std::uint64_t state = seed;
    std::vector<std::uint8_t> input(next(state) % most);
    for (std::uint8_t& byte : input)
        byte = static_cast<std::uint8_t>(next(state));
    return input;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3 || argc > 5) {
        std::cerr << "want FIRST COUNT [BYTES [FILE]]: inputs of the numbers FIRST and on, of less than BYTES bytes "
                     "(512); FILE: writes the first there instead\n";
        return 64;
    }
    const std::uint64_t first = std::strtoull(argv[1], nullptr, 10), count = std::strtoull(argv[2], nullptr, 10);
    const std::size_t most = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 512;
    if (argc > 4) {
        const auto input = make_input(first, most);
        std::ofstream(argv[4], std::ios::binary).write(reinterpret_cast<const char*>(input.data()), std::ssize(input));
        return 0;
    }
    std::signal(SIGABRT, [](int) { std::fprintf(stderr, "input number %d\n", static_cast<int>(playing)); });
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        playing = static_cast<std::sig_atomic_t>(seed);
        const auto input = make_input(seed, most);
        LLVMFuzzerTestOneInput(input.data(), input.size());
    }
    std::cout << count << " inputs\n";
}
