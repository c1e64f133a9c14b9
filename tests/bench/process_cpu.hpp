#pragma once

#include <sys/types.h>

#include <chrono>

namespace mucbridge::bench {

/// What a process and its living descendants have used of the processors, all threads, user and system, to 10 ms.
/// Throws where there is no such process.
std::chrono::milliseconds cpu_time(pid_t process);

}  // namespace mucbridge::bench
