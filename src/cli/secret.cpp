#include "cli/secret.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

Error failure(const std::string& path, const std::string& reason) {
    return {"cannot read " + to_log_text(path) + ": " + reason};
}

Error system_failure(const std::string& path) { return failure(path, std::generic_category().message(errno)); }

Result<std::string> read_all(int file, const std::string& path, std::size_t limit) {
    std::string content;
    std::array<char, 16384> part{};
    for (;;) {
        const auto got = ::read(file, part.data(), part.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failure(path);
        if (got == 0)
            return content;
        content.append(part.data(), static_cast<std::size_t>(got));
        if (content.size() > limit)
            return failure(path, "want at most " + std::to_string(limit) + " bytes");
    }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return system_failure(path);
    auto content = read_all(file, path, limit);
    ::close(file);
    return content;
}

Result<std::string> read_secret(const std::string& path) {
    constexpr std::size_t longest = 65536;
    auto content = read_file(path, longest);
    if (!content)
        return content;
    auto& secret = *content;
    if (!secret.empty() && secret.back() == '\n') {
        secret.pop_back();
        if (!secret.empty() && secret.back() == '\r')
            secret.pop_back();
    }
    if (secret.empty())
        return failure(path, "want a secret, got an empty file");
    return content;
}

std::string why_exposed(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode) || (found.st_mode & (S_IRGRP | S_IROTH)) == 0)
        return {};
    return to_log_text(path) + " holds a secret and others than its owner may read it; chmod 600 ends that";
}

}  // namespace mucbridge
