#include "player.hpp"

#include "failure.hpp"
#include "xml/writer.hpp"
#include "xmpp/base64.hpp"

namespace mucbridge::scenes {
namespace {

std::string lower(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

}  // namespace

std::string show(const Element& element) { return to_string(element, ns::client); }

Player::Player(Casting casting, Session* session, Write write)
    : casting_(std::move(casting)),
      session_(session),
      write_(std::move(write)),
      reader_({[](const Element&) {}, [this](Element stanza) { on_stanza(std::move(stanza)); }, [] {},
               [this](const ReaderError& error) {
                   throw Failure{"well-formed XML for " + casting_.name, error.condition + ": " + error.text};
               }},
              ReaderLimits{1 << 20, 64, 256, 4096}) {}

std::string Player::next_id() { return lower(casting_.name) + "-" + std::to_string(++sent_); }

void Player::send(const std::string& bytes, Now now) {
    if (!session_)
        throw Failure{casting_.name + " connected", "the stream is over"};
    if (step_ == Step::done)
        write_(casting_.name + " > " + bytes);
    session_->on_bytes(bytes, now);
    pull();  // a session that ended is not there for long
}

bool Player::pull() {
    if (!session_)
        return false;
    const std::string bytes = session_->take_output();
    if (!bytes.empty())
        reader_.feed(bytes);
    if (!session_->is_over())
        return !bytes.empty();
    if (step_ == Step::done)
        write_(casting_.name + " < (the stream is over)");
    cut();
    return true;
}

void Player::cut() {
    if (Session* session = std::exchange(session_, nullptr))
        session->on_disconnected("the connection was lost");
}

void Player::on_stanza(Element stanza) {
    if (step_ == Step::done) {
        write_(casting_.name + " < " + show(stanza));
        unread.push_back(std::move(stanza));
        return;
    }
    if (stanza.name == "success") {
        step_ = Step::success;
        reader_.restart();
    } else if (stanza.name == "features") {
        step_ = step_ == Step::start ? Step::features : Step::rebound;
    } else if (stanza.name == "iq" && stanza.attribute("type") == "result") {
        step_ = Step::bound;
    } else {
        throw Failure{casting_.name + " logged in", show(stanza)};
    }
}

bool Player::log_in(const std::string& domain, Now now) {
    const std::string header = "<?xml version='1.0'?><stream:stream to='" + domain +
                               "' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
    switch (step_) {
        case Step::start:
        case Step::success:
            send(header, now);
            break;
        case Step::features:
            send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" +
                     (casting_.is_anonymous
                          ? std::string("ANONYMOUS'/>")
                          : "PLAIN'>" + to_base64(std::string("\0", 1) + casting_.local + std::string("\0secret", 7)) +
                                "</auth>"),
                 now);
            break;
        case Step::rebound:
            send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
                     casting_.resource + "</resource></bind></iq>",
                 now);
            break;
        case Step::bound:
            step_ = Step::done;
            break;
        case Step::done:
            break;
    }
    return step_ != Step::done;
}

}  // namespace mucbridge::scenes
