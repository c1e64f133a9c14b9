#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

/// What the loops of adapter_alone and bare_amqp have in common, so that they can be compared.
namespace bare {

inline constexpr unsigned window = 100;
inline constexpr std::size_t payload_bytes = 100;
inline constexpr std::chrono::seconds duration{4};

/// As many as a line of a gateway's has, and as long.
inline std::vector<std::pair<std::string, std::string>> properties() {
    std::vector<std::pair<std::string, std::string>> all;
    for (int i = 0; i < 8; ++i)
        all.emplace_back("mucbridge-" + std::to_string(i), "01936f2c-5b3e-7c1a-9d4e-0f6a7b8c9d0e");
    return all;
}

inline void print(long settled, double cpu) {
    std::printf("%.0f lines a second, %.0f a CPU second\n",
                static_cast<double>(settled) / static_cast<double>(duration.count()),
                static_cast<double>(settled) / cpu);
    std::fflush(stdout);
}

}  // namespace bare
