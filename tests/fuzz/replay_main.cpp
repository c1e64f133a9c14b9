// Runs a fuzz target over the files that it is given, and over those of folders; for compilers without libFuzzer.
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> list_inputs(const std::vector<fs::path>& arguments) {
    std::vector<fs::path> inputs;
    for (const fs::path& argument : arguments) {
        if (!fs::is_directory(argument)) {
            inputs.push_back(argument);
            continue;
        }
        for (const fs::directory_entry& entry : fs::directory_iterator(argument))
            inputs.push_back(entry.path());
    }
    return inputs;
}

void replay(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot be read");
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    // A copy of exactly its size, so that the sanitizers see whoever reads on.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<fs::path> inputs = list_inputs({argv + 1, argv + argc});
    if (inputs.empty()) {
        std::cerr << "want files or folders of inputs\n";
        return 64;
    }
    for (const fs::path& input : inputs) {
        std::cout << input.filename().string() << std::endl;  // flushed: the last one is what crashed
        try {
            replay(input);
        } catch (const std::exception& error) {
            std::cerr << input.string() << ": " << error.what() << '\n';
            return 1;
        }
    }
    std::cout << inputs.size() << " inputs\n";
}
