#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace mucbridge::bench {

/// What a process and its living descendants have used of the processors, all threads, user and system.
/// Throws where there is no such process.
std::chrono::nanoseconds cpu_time(pid_t process);

struct Memory {
    std::uint64_t rss_kib = 0;
    std::uint64_t pss_kib = 0;  // what is shared is divided by those who share it
};

/// What a process and its living descendants hold. Throws where there is no such process.
Memory memory_of(pid_t process);

/// How long this process was running or kept waiting for a processor: what it did not sleep.
std::chrono::nanoseconds own_busy_time();

}  // namespace mucbridge::bench
