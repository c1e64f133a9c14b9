// What a server sends its component, in pieces: stanzas come only once it has accepted us, addressed to our domain, and
// every one of them can be answered.
#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "core/jid.hpp"
#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "xml/writer.hpp"
#include "xmpp/component_stanzas.hpp"
#include "xmpp/component_stream.hpp"
#include "xmpp/stanza_reply.hpp"

namespace mucbridge::fuzz {
namespace {

const std::string domain = "rooms.example.org";

void check_answer(const Element& stanza, const StanzaError& error) {
    if (!may_be_refused(stanza))
        return;
    const std::string answer = to_string(make_error_reply(stanza, error), ns::client);
    const std::string_view why = why_not_sent(answer, domain);
    check(why.empty(), "an answer can be sent", answer + " " + std::string(why));
}

void judge(Element stanza) {
    const auto refusal = judge_arrival(stanza, domain);
    if (refusal) {
        check(is_xml_text(refusal->error.text), "a refusal can be sent", refusal->error.text);
        if (refusal->may_answer)
            check_answer(stanza, refusal->error);
        return;
    }
    for (const std::string_view name : {"from", "to"}) {
        const auto jid = Jid::parse(stanza.attribute(name));
        check(jid && to_string(*jid) == stanza.attribute(name), "addresses are prepared", stanza.attribute(name));
        check((jid->domain == domain) == (name == "to"), "a stanza is to us and from elsewhere");
    }
    check(stanza.ns == ns::client, "a stanza is a client's from here on");
    check_answer(stanza, {Condition::item_not_found});
}

class Listener {
public:
    ComponentStreamEvents events() {
        return {[this] { check(!std::exchange(is_up_, true) && !is_over_, "a stream comes up once"); },
                [this](Element stanza) {
                    check(is_up_ && !is_over_, "stanzas come while the stream is up");
                    judge(std::move(stanza));
                },
                [this](Element stanza, const std::string& why) {
                    check(is_up_ && !is_over_ && !why.empty(), "what is passed over comes while the stream is up");
                    if (stanza.name == "message" || stanza.name == "presence" || stanza.name == "iq")
                        judge(std::move(stanza));
                },
                [this](const std::string& reason) {
                    check(!std::exchange(is_over_, true), "a stream is over once");
                    check(is_xml_text(reason) && to_log_text(reason) == reason, "the reason is one line", reason);
                }};
    }

private:
    bool is_up_ = false, is_over_ = false;
};

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    fuzz::Input input(data, size);
    fuzz::Pieces pieces(input.choose(255));
    LimitsConfig limits;
    limits.stanza_bytes = 1024;
    limits.depth = limits.attributes = 8;
    limits.children = 32;
    boost::asio::io_context io;  // nothing runs it: there is no socket
    fuzz::Listener listener;
    ComponentStream stream(io, {"127.0.0.1", 5347}, fuzz::domain, "secret", limits, listener.events());
    stream.handleConnect(nullptr);
    for (std::string_view rest = input.rest(); !rest.empty();)
        stream.handleReceivedData(nullptr, std::string(pieces.take_from(rest)));
    return 0;
}
