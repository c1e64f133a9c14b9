#include "gateway/rooms.hpp"

namespace mucbridge {

void Rooms::perform(Host&, const KeepRoom&) {}
void Rooms::perform(Host&, const KeepOptions&) {}
void Rooms::perform(Host&, const KeepRight&) {}
void Rooms::perform(Host&, const KeepSubject&) {}
void Rooms::perform(Host&, const ForgetKept&) {}

}  // namespace mucbridge
