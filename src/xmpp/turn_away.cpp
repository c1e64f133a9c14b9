#include "xmpp/turn_away.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace mucbridge {

void turn_away(int native_socket, const std::string& domain, const StreamError& why) {
    const std::string words = make_header(domain, nullptr) + make_stream_error(why) + "</stream:stream>";
    // What is left unread would make the system cut the connection, and the peer might not see why.
    std::array<char, 4096> unread;
    ::recv(native_socket, unread.data(), unread.size(), MSG_DONTWAIT);
    ::send(native_socket, words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(native_socket, SHUT_WR);
    ::close(native_socket);
}

}  // namespace mucbridge
