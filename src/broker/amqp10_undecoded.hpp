#pragma once

#include <functional>
#include <proton/message.hpp>
#include <proton/receiver.hpp>
#include <proton/transport.hpp>
#include <string>

namespace mucbridge {

/// What becomes of a message that came.
enum class Amqp10Verdict { accepted, rejected, released };

/// Proton's C++ does not hand on a message that it cannot decode, if only a transfer without a byte. It keeps it, and
/// nobody can read what came on the link after it; all that it tells is an exception, in the transport's condition.
/// Whether there was one; it is forgotten.
bool take_exception(const proton::transport& transport, std::string& what);

/// Takes from the link whatever came and was not read: each message is judged, or rejected where it cannot be decoded,
/// which `told` hears of. Then the link has a credit of `window` again.
void read_undecoded(const proton::receiver& link, int window,
                    const std::function<Amqp10Verdict(const proton::message&)>& judge,
                    const std::function<void(const std::string& why)>& told);

}  // namespace mucbridge
