#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include "child.hpp"

/// The tests, or one of the children that they start and kill.
int main(int argc, char** argv) {
    if (argc > 2 && std::string(argv[1]) == "--child")
        return run_child({argv + 2, argv + argc});
    spdlog::set_level(spdlog::level::debug);
    return doctest::Context(argc, argv).run();
}
