#include "gateway/voice_form.hpp"

#include <array>

#include "xmpp/form_reader.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view role = "muc#role", jid = "muc#jid", nick = "muc#roomnick", allow = "muc#request_allow";
constexpr std::array<FormChoice<Role>, 1> roles{{{"participant", "Participant", Role::participant}}};

std::variant<VoiceRequest, VoiceAnswer, StanzaError> parse_answer(const Form& form, VoiceAnswer answer) {
    const FormField* of_jid = form.field(jid);
    if (of_jid && !of_jid->value().empty()) {
        auto real = Jid::parse(of_jid->value());
        if (!real)
            return StanzaError{Condition::jid_malformed, std::string(jid) + ": " + real.error().text};
        answer.jid = std::move(*real);
    }
    const FormField* of_nick = form.field(nick);
    if (of_nick && !of_nick->value().empty()) {
        auto prepared = Jid::prepare_resource(of_nick->value());
        if (!prepared)
            return StanzaError{Condition::jid_malformed, std::string(nick) + ": " + prepared.error().text};
        answer.nick = std::move(*prepared);
    }
    if (!answer.jid && answer.nick.empty())
        return StanzaError{Condition::bad_request,
                           "want who asked for voice, as " + std::string(nick) + " or " + std::string(jid)};
    return answer;
}

}  // namespace

Form make_voice_form(const AskForVoice& ask) {
    Form form{"form", "Voice request", "To approve this request for voice, choose so. To deny it, do nothing.", {}};
    form.fields = {{"FORM_TYPE", "hidden", "", {std::string(voice_form_type)}, {}, false},
                   {std::string(role), "list-single", "Requested role", {"participant"}, {}, false},
                   {std::string(jid), "jid-single", "User ID", {to_string(ask.real_jid)}, {}, false},
                   {std::string(nick), "text-single", "Room nickname", {ask.nick}, {}, false},
                   {std::string(allow), "boolean", "Grant voice to this person?", {"false"}, {}, false}};
    for (const auto& choice : roles)
        form.fields[1].options.push_back({std::string(choice.label), std::string(choice.word)});
    return form;
}

std::variant<VoiceRequest, VoiceAnswer, StanzaError> parse_voice_form(const Form& form) {
    FormReader reader(form);
    if (form.type != "submit")
        return StanzaError{Condition::bad_request, "want a form of type submit, got " + quote_value(form.type)};
    reader.want_type(voice_form_type);
    VoiceAnswer answer;
    const bool is_answer = form.field(allow) != nullptr;
    if (!is_answer && !form.field(role))
        reader.refuse(role, "want participant");
    reader.read(role, roles, answer.role);
    reader.read(allow, answer.allowed);
    for (const std::string_view var : {jid, nick})
        reader.value(var);
    if (reader.refusal())
        return *reader.refusal();
    if (!is_answer)
        return VoiceRequest{};
    return parse_answer(form, std::move(answer));
}

}  // namespace mucbridge
