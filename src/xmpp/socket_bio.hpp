#pragma once

#include <openssl/bio.h>

namespace mucbridge {

/// A way for OpenSSL to a socket that never blocks, as its own BIO_s_socket(), but a peer that is gone raises no
/// SIGPIPE. Does not own the socket. Null: no memory.
BIO* make_socket_bio(int native_socket);

}  // namespace mucbridge
