#include "gateway/room_disco.hpp"

#include "gateway/registration_form.hpp"
#include "gateway/room_form.hpp"
#include "gateway/voice_form.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view roominfo_form_type = "http://jabber.org/protocol/muc#roominfo";

/// XEP-0045 §6.4, §16.3; XEP-0421 §3; XEP-0359 §4.2; XEP-0410 §3.
std::vector<std::string> list_features(const RoomOptions& options) {
    return {std::string(ns::disco_info),
            std::string(ns::disco_items),
            std::string(ns::muc),
            std::string(stable_id),
            std::string(self_ping_optimization),
            std::string(voice_form_type),
            std::string(registration_form_type),
            std::string(room_form_type),
            std::string(roominfo_form_type),
            std::string(ns::registration),
            std::string(ns::ping),
            std::string(ns::stanza_id),
            std::string(ns::occupant_id),
            options.persistent ? "muc_persistent" : "muc_temporary",
            options.hidden ? "muc_hidden" : "muc_public",
            options.members_only ? "muc_membersonly" : "muc_open",
            options.moderated ? "muc_moderated" : "muc_unmoderated",
            options.semi_anonymous ? "muc_semianonymous" : "muc_nonanonymous",
            options.password.empty() ? "muc_unsecured" : "muc_passwordprotected"};
}

/// XEP-0045 §16.5.4. Fields of the configuration may stand here too (§6.4): clients read them to know what they may do.
Form make_roominfo(const Room& room, std::size_t history_lines, bool with_subject) {
    const RoomOptions& options = room.options();
    Form form{"result", "", "", {}};
    const auto add = [&form](std::string_view var, std::string type, std::string label, std::string value) {
        form.fields.push_back({std::string(var), std::move(type), std::move(label), {std::move(value)}, {}, false});
    };
    const auto to_word = [](bool value) { return value ? "1" : "0"; };
    add("FORM_TYPE", "hidden", "", std::string(roominfo_form_type));
    add("muc#roomconfig_roomname", "text-single", "Name of the room", options.title);
    add("muc#roominfo_description", "text-single", "Description", options.description);
    add("muc#roominfo_lang", "text-single", "Language of the discussion", options.language);
    if (with_subject)
        add("muc#roominfo_subject", "text-single", "Subject", room.subject().text);
    add("muc#roominfo_subjectmod", "boolean", "Participants may change the subject",
        to_word(options.anyone_sets_subject));
    add("muc#roomconfig_changesubject", "boolean", "Participants may change the subject",
        to_word(options.anyone_sets_subject));
    // Into an open room everybody may invite, whatever is set for when it is closed.
    add("muc#roomconfig_allowinvites", "boolean", "Members may invite others",
        to_word(!options.members_only || options.members_invite));
    add("muc#roomconfig_allowpm", "text-single", "Who may send private messages",
        std::string(private_message_word(options.may_write_privately)));
    add("muc#roominfo_occupants", "text-single", "Number of occupants", std::to_string(room.occupant_count()));
    add("muc#maxhistoryfetch", "text-single", "Lines of history", std::to_string(history_lines));
    return form;
}

}  // namespace

DiscoInfo describe_room(const Room& room, std::size_t history_lines, bool with_subject) {
    const RoomOptions& options = room.options();
    DiscoInfo info;
    info.identities = {{"conference", "text", options.title.empty() ? room.address().local : options.title}};
    info.features = list_features(options);
    info.forms = {make_roominfo(room, history_lines, with_subject)};
    return info;
}

Element describe_reserved_nick(const std::string& nick) {
    Element query{"query", std::string(ns::disco_info), {}, {}};
    query.set("node", reserved_nick_node);
    if (!nick.empty())
        query.add("identity", ns::disco_info).set("category", "conference").set("type", "text").set("name", nick);
    return query;
}

}  // namespace mucbridge
