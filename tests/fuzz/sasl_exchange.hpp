#pragma once

#include "fuzz/input.hpp"
#include "xmpp/sasl.hpp"

namespace mucbridge::fuzz {

/// One mechanism by itself.
void play_exchange(Input& input, const LoginOffer& offer);
/// A stream from its header to its login, with STARTTLS.
void play_login(Input& input, const LoginOffer& offer, const Channel& under_tls);

}  // namespace mucbridge::fuzz
