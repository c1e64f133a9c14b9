#include "xmpp/output.hpp"

#include <utility>

namespace mucbridge {

void Output::append(std::initializer_list<std::string_view> parts) {
    if (empty()) {
        bytes_ = backlog_.take_buffer();
        moved_at_ = backlog_.told();
    }
    const std::size_t before = bytes_.size();
    for (const std::string_view part : parts)
        bytes_ += part;
    backlog_.grow(bytes_.size() - before);
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
