// bare_amqp 0-9-1|1.0 HOST PORT : what the client libraries alone do, in the plainest loop: the ceiling of
// adapter_alone. RabbitMQ, as guest.

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <proton/binary.hpp>
#include <proton/connection.hpp>
#include <proton/connection_options.hpp>
#include <proton/io/connection_driver.hpp>
#include <proton/message.hpp>
#include <proton/messaging_handler.hpp>
#include <proton/sender.hpp>
#include <proton/tracker.hpp>

#include "bench/bare.hpp"
#include "broker/probe.hpp"
#include "broker/rabbitmq_c.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using namespace mucbridge;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::exit(69);
}

long publish_091(const char* host, int port) {
    const Rabbit rabbit(amqp_new_connection());
    auto* socket = amqp_tcp_socket_new(rabbit.get());
    if (amqp_socket_open(socket, host, port) != AMQP_STATUS_OK)
        give_up("no connection");
    if (amqp_login(rabbit.get(), "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type !=
        AMQP_RESPONSE_NORMAL)
        give_up("no login");
    amqp_channel_open(rabbit.get(), 1);
    amqp_confirm_select(rabbit.get(), 1);
    const std::string payload(bare::payload_bytes, 'x');
    const auto all = bare::properties();
    const auto end = Clock::now() + bare::duration;
    std::uint64_t sent = 0, settled = 0;
    while (Clock::now() < end) {
        while (sent - settled < bare::window) {
            RabbitTable headers;
            for (const auto& [name, value] : all)
                headers.add(name, std::string_view(value));
            amqp_basic_properties_t properties{};
            properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
            properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
            properties.headers = headers.table();
            if (amqp_basic_publish(rabbit.get(), 1, to_bytes("amq.topic"), to_bytes("bench"), 0, 0, &properties,
                                   to_bytes(payload)) != AMQP_STATUS_OK)
                give_up("publishing failed");
            ++sent;
        }
        amqp_frame_t frame;
        if (amqp_simple_wait_frame(rabbit.get(), &frame) != AMQP_STATUS_OK)
            give_up("reading failed");
        if (frame.frame_type == AMQP_FRAME_METHOD && frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
            const auto& ack = fields_of<amqp_basic_ack_t>(frame.payload.method);
            settled = ack.multiple ? ack.delivery_tag : settled + 1;
        }
        amqp_maybe_release_buffers(rabbit.get());
    }
    return static_cast<long>(settled);
}

class Publisher : public proton::messaging_handler {
public:
    void on_connection_open(proton::connection& connection) override { connection.open_sender("/topic/bench"); }
    void on_sendable(proton::sender& sender) override {
        while (sender.credit() > 0 && flying_ < bare::window) {
            proton::message message(proton::binary(std::string(bare::payload_bytes, 'x')));
            message.durable(true);
            for (const auto& [name, value] : all_)
                message.properties().put(name, value);
            sender.send(message);
            ++flying_;
        }
    }
    void on_tracker_accept(proton::tracker& tracker) override {
        --flying_;
        ++settled;
        auto sender = tracker.sender();
        on_sendable(sender);
    }
    long settled = 0;

private:
    const std::vector<std::pair<std::string, std::string>> all_ = bare::properties();
    unsigned flying_ = 0;
};

long publish_10(const char* host, int port) {
    const int socket = open_connection(host, static_cast<std::uint16_t>(port), std::chrono::seconds(5));
    if (socket < 0)
        give_up("no connection");
    Publisher publisher;
    proton::io::connection_driver driver("bare");
    driver.connect(
        proton::connection_options().handler(publisher).user("guest").password("guest").sasl_allow_insecure_mechs(
            true));
    const auto end = Clock::now() + bare::duration;
    while (Clock::now() < end && driver.dispatch()) {
        for (auto out = driver.write_buffer(); out.size > 0; out = driver.write_buffer()) {
            const auto count = ::send(socket, out.data, out.size, MSG_NOSIGNAL);
            if (count <= 0)
                give_up("writing failed");
            driver.write_done(static_cast<std::size_t>(count));
        }
        const auto in = driver.read_buffer();
        const auto count = ::recv(socket, in.data, in.size, 0);
        if (count <= 0)
            give_up("reading failed");
        driver.read_done(static_cast<std::size_t>(count));
    }
    return publisher.settled;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4)
        return std::fputs("want 0-9-1|1.0 HOST PORT\n", stderr), 64;
    const std::clock_t started = std::clock();
    const bool is_10 = std::strcmp(argv[1], "1.0") == 0;
    const long settled = is_10 ? publish_10(argv[2], std::atoi(argv[3])) : publish_091(argv[2], std::atoi(argv[3]));
    bare::print(settled, static_cast<double>(std::clock() - started) / CLOCKS_PER_SEC);
}
