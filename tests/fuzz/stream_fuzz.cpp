#include <spdlog/spdlog.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "stream_house.hpp"

// Several clients with whole streams in several rooms at once, half of it valid, with a broker that fails and
// publishers that lie; after every step what must hold is checked against a model that knows nothing of the gateway's
// insides.
namespace {

using namespace mucbridge::stream_fuzz;

void report(const House& house, const std::string& what) {
    for (const std::string& words : house.transcript())
        std::cerr << words << '\n';
    std::cerr << "broken promise: " << what << std::endl;
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool is_quiet = [] {
        spdlog::set_level(spdlog::level::off);
        return true;
    }();
    static_cast<void>(is_quiet);
    const Play play = decode(data, size);
    House house(play.setup);
    try {
        house.begin();
        for (const Step& step : play.steps)
            house.play(step);
        house.finish();
    } catch (const Broken& broken) {
        report(house, broken.text);
    }
    return 0;
}
