#include "gateway/state.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "core/unique.hpp"

using namespace mucbridge;

namespace {

/// A directory of its own, gone at the end.
struct Directory {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("mucbridge-state-" + make_random_hex(8));
    Directory() { std::filesystem::create_directory(path); }
    ~Directory() { std::filesystem::remove_all(path); }

    Config config(const std::string& state = "state") const {
        Config config;
        config.state = path / state;
        return config;
    }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return path / name;
    }
};

unsigned mode_of(const std::filesystem::path& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777;
}

std::string error_of(const Config& config) {
    const auto state = State::open(config);
    REQUIRE_FALSE(state.has_value());
    return state.error().text;
}

std::string seal_of(const State& state) { return state.seal()->make({"id", "address", "nick", "body", {}, {}}); }

}  // namespace

TEST_CASE("a state directory is made for its owner alone, and keeps name and key") {
    const Directory directory;
    std::string origin, seal;
    {
        const auto state = State::open(directory.config("deep/state"));
        REQUIRE(state.has_value());
        origin = (*state)->origin();
        seal = seal_of(**state);
        CHECK(origin.size() == 16);
    }
    CHECK(mode_of(directory.path / "deep/state") == 0700);
    CHECK(mode_of(directory.path / "deep/state/seal.key") == 0600);
    const auto again = State::open(directory.config("deep/state"));
    REQUIRE(again.has_value());
    CHECK((*again)->origin() == origin);
    CHECK(seal_of(**again) == seal);
}

TEST_CASE("two gateways have neither name nor key in common") {
    const Directory directory;
    const auto one = State::open(directory.config("one")), two = State::open(directory.config("two"));
    REQUIRE(one.has_value());
    REQUIRE(two.has_value());
    CHECK((*one)->origin() != (*two)->origin());
    CHECK(seal_of(**one) != seal_of(**two));
}

TEST_CASE("gateways that are given the same key file seal alike") {
    const Directory directory;
    auto one = directory.config("one"), two = directory.config("two");
    one.seal_key_file = two.seal_key_file = directory.write("key", std::string(64, 'a') + "\n");
    const auto first = State::open(one), second = State::open(two);
    REQUIRE(first.has_value());
    REQUIRE(second.has_value());
    CHECK(seal_of(**first) == seal_of(**second));
    CHECK((*first)->origin() != (*second)->origin());
}

TEST_CASE("a directory is one gateway's at a time, and free again after it") {
    const Directory directory;
    {
        const auto state = State::open(directory.config());
        REQUIRE(state.has_value());
        const auto error = error_of(directory.config());
        CHECK(error.find(directory.path / "state") != std::string::npos);
        CHECK(error.find("another mucbridge") != std::string::npos);
    }
    CHECK(State::open(directory.config()).has_value());
}

TEST_CASE("a key that is none is refused with its file's name") {
    const Directory directory;
    auto config = directory.config();
    for (const auto& wrong : {std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'), std::string()}) {
        config.seal_key_file = directory.write("key", wrong + "\n");
        const auto error = error_of(config);
        CHECK(error.find(config.seal_key_file) != std::string::npos);
    }
    config.seal_key_file = directory.path / "absent";
    CHECK(error_of(config).find("absent") != std::string::npos);
}

TEST_CASE("a name that was tampered with is refused, not used") {
    const Directory directory;
    REQUIRE(State::open(directory.config()).has_value());
    directory.write("state/origin", "../../etc\n");
    CHECK(error_of(directory.config()).find("origin") != std::string::npos);
}

TEST_CASE("a directory that cannot be made or written is named") {
    const Directory directory;
    directory.write("file", "");
    CHECK(error_of(directory.config("file")).find("file") != std::string::npos);
    CHECK(error_of(directory.config("file/state")).find("file/state") != std::string::npos);
}
