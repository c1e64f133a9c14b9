#include "bench/process_usage.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace mucbridge::bench {

namespace {

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

[[noreturn]] void not_there(pid_t process) {
    throw std::runtime_error("process " + std::to_string(process) + ": not there");
}

/// All its threads', also those that are gone.
std::chrono::nanoseconds own_cpu_time(pid_t process) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        not_there(process);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void visit_tree(pid_t process, const std::function<void(pid_t)>& visit) {
    visit(process);
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator(folder_of(process) + "/task", error)) {
        std::ifstream file(task.path() / "children");
        for (pid_t child = 0; file >> child;)
            visit_tree(child, visit);
    }
}

}  // namespace

std::chrono::nanoseconds cpu_time(pid_t process) {
    std::chrono::nanoseconds used{};
    visit_tree(process, [&](pid_t member) { used += own_cpu_time(member); });
    return used;
}

Memory memory_of(pid_t process) {
    Memory memory;
    visit_tree(process, [&](pid_t member) {
        std::ifstream file(folder_of(member) + "/smaps_rollup");
        std::string line, key;
        std::uint64_t kib = 0;
        if (!std::getline(file, line))
            not_there(member);
        while (std::getline(file, line))
            if (std::istringstream fields(line); fields >> key >> kib) {
                memory.rss_kib += key == "Rss:" ? kib : 0;
                memory.pss_kib += key == "Pss:" ? kib : 0;
            }
    });
    return memory;
}

std::chrono::nanoseconds own_busy_time() {
    std::ifstream file("/proc/self/schedstat");
    std::int64_t running = 0, waiting = 0;
    if (!(file >> running >> waiting))
        throw std::runtime_error("cannot read /proc/self/schedstat");
    return std::chrono::nanoseconds(running + waiting);
}

}  // namespace mucbridge::bench
