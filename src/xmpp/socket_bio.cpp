#include "xmpp/socket_bio.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <cstdint>

namespace mucbridge {

namespace {

int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool is_not_ready() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int read_some(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const auto count = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), 0);
    if (count < 0 && is_not_ready())
        BIO_set_retry_read(bio);
    else if (count == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(count);
}

int write_some(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto count = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count < 0 && is_not_ready())
        BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (method != nullptr) {
        BIO_meth_set_read(method, read_some);
        BIO_meth_set_write(method, write_some);
        BIO_meth_set_ctrl(method, control);
    }
    return method;
}

}  // namespace

BIO* make_socket_bio(int native_socket) {
    static BIO_METHOD* const method = make_method();
    BIO* bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio != nullptr) {
        BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(native_socket)));
        BIO_set_init(bio, 1);
    }
    return bio;
}

}  // namespace mucbridge
