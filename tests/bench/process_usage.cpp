#include "bench/process_usage.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace mucbridge::bench {

namespace {

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

[[noreturn]] void not_there(pid_t process) {
    throw std::runtime_error("process " + std::to_string(process) + ": not there");
}

/// proc(5): after the name, which may hold anything, come the state and ten fields, then utime and stime.
long long ticks_of(pid_t process) {
    std::ifstream file(folder_of(process) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos)
        not_there(process);
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    long long user = 0, system = 0;
    fields >> user >> system;
    return user + system;
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

std::chrono::milliseconds cpu_time(pid_t process) {
    long long ticks = 0;
    visit_tree(process, [&](pid_t member) { ticks += ticks_of(member); });
    return std::chrono::milliseconds(ticks * 1000 / ::sysconf(_SC_CLK_TCK));
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
