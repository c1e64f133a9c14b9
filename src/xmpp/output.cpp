#include "xmpp/output.hpp"

#include <algorithm>
#include <utility>

namespace mucbridge {

void Output::append(std::initializer_list<std::string_view> parts) {
    if (empty()) {
        bytes_ = backlog_.take_buffer();
        moved_at_ = backlog_.told();
    }
    std::size_t more = 0;
    for (const std::string_view part : parts)
        more += part.size();
    make_place(more);
    for (const std::string_view part : parts)
        bytes_ += part;
    backlog_.grow(more);
}

/// By half each time, not twofold as a string grows: most of the memory of a crowd that does not read is here.
void Output::make_place(std::size_t more) {
    if (bytes_.size() + more <= bytes_.capacity())
        return;
    const std::size_t unwritten_size = size();
    std::string larger;
    larger.reserve(unwritten_size + std::max(more, unwritten_size / 2));
    larger.append(unwritten());
    bytes_ = std::move(larger);
    written_ = 0;
}

void Output::wrote(std::size_t bytes) {
    backlog_.shrink(bytes);
    written_ += bytes;
    moved_at_ = backlog_.told();
    if (empty()) {
        written_ = 0;
        backlog_.give_back(std::exchange(bytes_, {}));
    } else if (written_ > bytes_.size() / 2) {
        bytes_.erase(0, written_);
        written_ = 0;
    }
}

std::string Output::take() {
    std::string bytes = std::exchange(bytes_, {});
    bytes.erase(0, std::exchange(written_, 0));
    backlog_.shrink(bytes.size());
    return bytes;
}

}  // namespace mucbridge
