#include "broker/amqp10_undecoded.hpp"

#include <proton/condition.h>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/link.h>
#include <proton/transport.h>

#include <proton/error.hpp>
#include <string_view>
#include <vector>

namespace mucbridge {
namespace {

/// Proton's C++ objects are its C objects with a count of who holds them, and give them to those that derive from them.
template <class Object>
struct Inside : Object {
    explicit Inside(const Object& held) : Object(held) {}
    auto* get() const { return this->pn_object(); }
};

std::uint64_t to_state(Amqp10Verdict verdict) {
    return verdict == Amqp10Verdict::accepted   ? PN_ACCEPTED
           : verdict == Amqp10Verdict::rejected ? PN_REJECTED
                                                : PN_RELEASED;
}

std::vector<char> read_current(pn_link_t* link, pn_delivery_t* delivery) {
    std::vector<char> bytes(pn_delivery_pending(delivery));
    if (!bytes.empty() && pn_link_recv(link, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        bytes.clear();
    return bytes;
}

}  // namespace

bool take_exception(const proton::transport& transport, std::string& what) {
    auto* const condition = pn_transport_condition(Inside(transport).get());
    if (!pn_condition_is_set(condition) || std::string_view(pn_condition_get_name(condition)) != "exception")
        return false;
    const char* const description = pn_condition_get_description(condition);
    what = description ? description : "";
    pn_condition_clear(condition);
    return true;
}

void read_undecoded(const proton::receiver& receiver, int window,
                    const std::function<Amqp10Verdict(const proton::message&)>& judge,
                    const std::function<void(const std::string& why)>& told) {
    auto* const link = Inside(receiver).get();
    for (auto* delivery = pn_link_current(link); delivery && !pn_delivery_partial(delivery);
         delivery = pn_link_current(link)) {
        auto verdict = Amqp10Verdict::rejected;
        if (!pn_delivery_aborted(delivery)) {
            try {
                const auto bytes = read_current(link, delivery);
                if (bytes.empty())
                    throw proton::error("it has no bytes");
                proton::message message;
                message.decode(bytes);
                verdict = judge(message);
            } catch (const proton::error& error) {
                told(error.what());
            }
        }
        pn_link_advance(link);
        pn_delivery_update(delivery, to_state(verdict));
        pn_delivery_settle(delivery);
    }
    if (const int lacks = window - pn_link_credit(link); lacks > 0)
        pn_link_flow(link, lacks);
}

}  // namespace mucbridge
