#include "gateway/registration_form.hpp"

#include "xmpp/form_reader.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view room_nick = "muc#register_roomnick";
constexpr auto instructions = "A nick that is reserved for you is nobody else's in this room.";

}  // namespace

Form make_registration_form(const Jid& room) {
    Form form{"form", "Registration with " + to_string(room), instructions, {}};
    form.fields = {{"FORM_TYPE", "hidden", "", {std::string(registration_form_type)}, {}, false},
                   {std::string(room_nick), "text-single", "Nickname", {}, {}, true}};
    return form;
}

std::variant<std::string, StanzaError> parse_registration_form(const Form& form) {
    FormReader reader(form);
    reader.want_type(registration_form_type);
    const std::string* wanted = reader.value(room_nick);
    if (!wanted || wanted->empty())
        reader.refuse(room_nick, "want the nick that is to be reserved");
    // XEP-0045 §7.10: whatever is wrong with the form is a bad-request.
    if (reader.refusal())
        return StanzaError{Condition::bad_request, reader.refusal()->text};
    auto nick = Jid::prepare_resource(*wanted);
    if (!nick)
        return StanzaError{Condition::bad_request, std::string(room_nick) + ": " + nick.error().text};
    return *nick;
}

Element make_registration(const Jid& room, const std::string& reserved_nick) {
    Element query{"query", std::string(ns::registration), {}, {}};
    if (reserved_nick.empty()) {
        query.add("instructions", ns::registration).add_text(instructions);
        query.add(to_element(make_registration_form(room)));
    } else {
        query.add("registered", ns::registration);
        query.add("username", ns::registration).add_text(reserved_nick);
    }
    return query;
}

}  // namespace mucbridge
