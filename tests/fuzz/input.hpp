#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mucbridge::fuzz {

/// An input's bytes, taken apart. Choices are taken from its end, so that what stands at its beginning is text that a
/// person can read and a fuzzer can splice; where nothing is left, every choice is 0.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size)
        : bytes_(size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size)) {}

    /// 0 to most (255 at the most), from the last byte.
    std::size_t choose(std::size_t most) {
        if (bytes_.empty())
            return 0;
        const std::size_t byte = static_cast<std::uint8_t>(bytes_.back());
        bytes_.remove_suffix(1);
        return byte % (most + 1);
    }
    /// What comes before the next line feed, and that is taken as well.
    std::string_view take_line() {
        const std::string_view line = bytes_.substr(0, bytes_.find('\n'));
        bytes_.remove_prefix(std::min(bytes_.size(), line.size() + 1));
        return line;
    }
    std::string_view rest() const { return bytes_; }

private:
    std::string_view bytes_;
};

/// Cuts bytes into pieces whose sizes a number stands for: 0 is one byte each.
class Pieces {
public:
    explicit Pieces(std::size_t seed) : state_(seed), is_single_(seed == 0) {}

    std::string_view take_from(std::string_view& rest) {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        const std::size_t size = is_single_ ? 1 : 1 + (state_ >> 33) % (std::size_t{1} << (state_ >> 60));
        const std::string_view piece = rest.substr(0, size);
        rest.remove_prefix(piece.size());
        return piece;
    }

private:
    std::uint64_t state_;
    bool is_single_;
};

}  // namespace mucbridge::fuzz
