#include "gateway/state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/unique.hpp"

namespace mucbridge {

namespace {

Error system_error(const std::string& path, const std::string& wish) {
    return {path + ": " + wish + ": " + std::strerror(errno)};
}

/// A small file's text without the line end, or an error.
Result<std::string> read_word(const std::string& path) {
    std::ifstream in(path);
    std::string word;
    if (!in || !std::getline(in, word))
        return Error{path + ": cannot be read"};
    while (!word.empty() && std::isspace(static_cast<unsigned char>(word.back())))
        word.pop_back();
    return word;
}

/// Written whole under another name first, so that a crash leaves the old file or the new one.
Result<void> write_word(const std::string& path, const std::string& word) {
    const std::string fresh = path + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return system_error(fresh, "cannot be written");
    const std::string text = word + "\n";
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
    ::close(file);
    if (!written || ::rename(fresh.c_str(), path.c_str()) != 0)
        return system_error(path, "cannot be written");
    return {};
}

Result<std::string> read_or_make(const std::string& path, std::size_t random_bytes) {
    if (std::filesystem::exists(path))
        return read_word(path);
    const std::string word = make_random_hex(random_bytes);
    if (const auto written = write_word(path, word); !written)
        return written.error();
    return word;
}

bool is_hex(const std::string& text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

Result<std::string> to_key(const std::string& path, const std::string& digits) {
    if (digits.size() != 64 || !is_hex(digits))
        return Error{path + ": want 64 hexadecimal digits (the gateway key)"};
    std::string key;
    for (std::size_t at = 0; at < digits.size(); at += 2)
        key.push_back(static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16)));
    return key;
}

}  // namespace

Result<void> make_state_directory(const std::string& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error))
        return {};
    std::filesystem::create_directories(path, error);
    if (error)
        return Error{path + ": the state directory cannot be made: " + error.message()};
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    return {};
}

Result<std::unique_ptr<State>> State::open(const Config& config) {
    if (const auto made = make_state_directory(config.state); !made)
        return made.error();
    const std::filesystem::path directory(config.state);
    std::unique_ptr<State> state(new State);
    const std::string lock_path = directory / "lock";
    state->lock_ = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock_ < 0)
        return system_error(lock_path, "the state directory cannot be written");
    if (::flock(state->lock_, LOCK_EX | LOCK_NB) != 0)
        return Error{config.state +
                     ": another mucbridge runs with this state directory; give this one its own (--state)"};

    const std::string origin_path = directory / "origin";
    const auto origin = read_or_make(origin_path, 8);
    if (!origin)
        return origin.error();
    if (origin->size() != 16 || !is_hex(*origin))
        return Error{origin_path + ": want 16 hexadecimal digits (this gateway's name)"};
    state->origin_ = *origin;

    const std::string key_path =
        config.seal_key_file.empty() ? std::string(directory / "seal.key") : config.seal_key_file;
    const auto digits = config.seal_key_file.empty() ? read_or_make(key_path, 32) : read_word(key_path);
    if (!digits)
        return digits.error();
    const auto key = to_key(key_path, *digits);
    if (!key)
        return key.error();
    state->seal_ = std::make_shared<const Seal>(*key, state->origin_);
    return state;
}

State::~State() {
    if (lock_ >= 0)
        ::close(lock_);
}

}  // namespace mucbridge
