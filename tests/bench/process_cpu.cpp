#include "bench/process_cpu.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>

namespace mucbridge::bench {

namespace {

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

/// proc(5): after the name, which may hold anything, come the state and ten fields, then utime and stime.
long long ticks_of(pid_t process) {
    std::ifstream file(folder_of(process) + "/stat");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos)
        throw std::runtime_error("process " + std::to_string(process) + ": not there");
    std::istringstream fields(text.substr(name_end + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    long long user = 0, system = 0;
    fields >> user >> system;
    return user + system;
}

long long ticks_of_tree(pid_t process) {
    long long ticks = ticks_of(process);
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator(folder_of(process) + "/task", error)) {
        std::ifstream file(task.path() / "children");
        for (pid_t child = 0; file >> child;)
            ticks += ticks_of_tree(child);
    }
    return ticks;
}

}  // namespace

std::chrono::milliseconds cpu_time(pid_t process) {
    return std::chrono::milliseconds(ticks_of_tree(process) * 1000 / ::sysconf(_SC_CLK_TCK));
}

}  // namespace mucbridge::bench
