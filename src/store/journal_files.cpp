#include "store/journal_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace mucbridge {

namespace {
constexpr std::string_view extension = ".journal";
}  // namespace

Error system_error(const std::string& path, const char* wish) { return {path, ": ", wish, ": ", std::strerror(errno)}; }

Error write_error(const std::string& path, ssize_t written) {
    return written < 0 ? system_error(path, "cannot be written") : Error{path, ": cannot be written: the disk is full"};
}

std::string segment_path(const std::string& directory, std::uint64_t first) {
    char name[32];
    std::snprintf(name, sizeof name, "%020" PRIu64, first);
    return directory + "/" + name + std::string(extension);
}

Result<std::vector<std::string>> find_segments(const std::string& directory) {
    std::error_code failure;
    std::vector<std::string> paths;
    for (std::filesystem::directory_iterator at(directory, failure), end; !failure && at != end; at.increment(failure))
        if (at->path().extension() == extension)
            paths.push_back(at->path().string());
    if (failure)
        return Error{directory, ": cannot be read: ", failure.message()};
    std::ranges::sort(paths);
    return paths;
}

Result<std::string> read_whole(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return system_error(path, "cannot be read");
    std::string bytes;
    char buffer[64 * 1024];
    ssize_t got = 0;
    while ((got = ::read(file, buffer, sizeof buffer)) > 0)
        bytes.append(buffer, static_cast<std::size_t>(got));
    ::close(file);
    if (got < 0)
        return system_error(path, "cannot be read");
    return bytes;
}

}  // namespace mucbridge
