#include "gateway/room_form.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "xmpp/form_reader.hpp"

namespace mucbridge {

namespace {

constexpr std::string_view room_name = "muc#roomconfig_roomname", description = "muc#roomconfig_roomdesc",
                           language = "muc#roomconfig_lang", is_public = "muc#roomconfig_publicroom",
                           members_only = "muc#roomconfig_membersonly", moderated = "muc#roomconfig_moderatedroom",
                           whois = "muc#roomconfig_whois", changes_subject = "muc#roomconfig_changesubject",
                           is_persistent = "muc#roomconfig_persistentroom",
                           is_protected = "muc#roomconfig_passwordprotectedroom", secret = "muc#roomconfig_roomsecret",
                           max_users = "muc#roomconfig_maxusers", broadcast = "muc#roomconfig_presencebroadcast",
                           allow_pm = "muc#roomconfig_allowpm", allow_invites = "muc#roomconfig_allowinvites";

constexpr std::size_t name_bytes = 256, description_bytes = 1024, language_bytes = 35, secret_bytes = 256;

constexpr std::array<FormChoice<bool>, 2> whois_choices{
    {{"moderators", "Moderators only", true}, {"anyone", "Anyone", false}}};
constexpr std::array<FormChoice<Role>, 4> pm_choices{{{"anyone", "Anyone", Role::visitor},
                                                      {"participants", "Anyone with voice", Role::participant},
                                                      {"moderators", "Moderators only", Role::moderator},
                                                      {"none", "Nobody", Role::none}}};
constexpr std::array<FormChoice<bool PresenceBroadcast::*>, 4> broadcast_choices{
    {{"moderator", "Moderators", &PresenceBroadcast::moderator},
     {"participant", "Participants", &PresenceBroadcast::participant},
     {"visitor", "Visitors", &PresenceBroadcast::visitor},
     {"none", "Members who are not in the room", &PresenceBroadcast::none}}};
constexpr std::array<std::size_t, 5> usual_limits{10, 20, 30, 50, 100};

// The form.

void add(Form& form, std::string_view var, std::string type, std::string label, std::string value) {
    FormField field{std::string(var), std::move(type), std::move(label), {}, {}, false};
    if (!value.empty())
        field.values.push_back(std::move(value));
    form.fields.push_back(std::move(field));
}

void add(Form& form, std::string_view var, std::string label, bool value) {
    add(form, var, "boolean", std::move(label), value ? "1" : "0");
}

template <class T, std::size_t count>
void add(Form& form, std::string_view var, std::string label, const std::array<FormChoice<T>, count>& choices,
         T value) {
    add(form, var, "list-single", std::move(label), "");
    for (const auto& choice : choices) {
        form.fields.back().options.push_back({std::string(choice.label), std::string(choice.word)});
        if (choice.value == value)
            form.fields.back().values = {std::string(choice.word)};
    }
}

void add_broadcast(Form& form, const PresenceBroadcast& shown) {
    add(form, broadcast, "list-multi", "Whose presence is shown to others?", "");
    for (const auto& choice : broadcast_choices) {
        form.fields.back().options.push_back({std::string(choice.label), std::string(choice.word)});
        if (shown.*choice.value)
            form.fields.back().values.emplace_back(choice.word);
    }
}

void add_max_users(Form& form, std::size_t current, std::size_t most) {
    std::vector<std::size_t> limits;
    std::ranges::copy_if(usual_limits, std::back_inserter(limits), [&](std::size_t limit) { return limit <= most; });
    if (current > 0 && std::ranges::find(limits, current) == limits.end())
        limits.insert(std::ranges::upper_bound(limits, current), current);
    add(form, max_users, "list-single", "How many occupants at most?", current > 0 ? std::to_string(current) : "none");
    auto& options = form.fields.back().options;
    for (const std::size_t limit : limits)
        options.push_back({std::to_string(limit), std::to_string(limit)});
    options.push_back({"As many as the service allows (" + std::to_string(most) + ")", "none"});
}

// What was submitted.

void read_language(FormReader& reader, std::string& out) {
    std::string wanted = out;
    reader.read_line(language, wanted, language_bytes);
    const auto may_be_in_tag = [](char byte) {
        return byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
               (byte >= 'a' && byte <= 'z');
    };
    if (!std::ranges::all_of(wanted, may_be_in_tag))
        return reader.refuse(language, "want a language tag such as \"en\" or \"pt-BR\", got " + quote_value(wanted));
    out = std::move(wanted);
}

/// A list without a value shows nobody: here an empty choice is one.
void read_broadcast(FormReader& reader, const FormField* field, PresenceBroadcast& out) {
    if (!field)
        return;
    out = PresenceBroadcast{false, false, false, false};
    for (const std::string& word : field->values) {
        if (const auto shown = reader.find(broadcast, broadcast_choices, word, {}))
            out.*shown = true;
        else
            return;
    }
}

void read_max_users(FormReader& reader, std::size_t& out, std::size_t most) {
    const std::string* text = reader.value(max_users);
    if (!text || text->empty())
        return;
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    const bool is_number = error == std::errc{} && end == text->data() + text->size();
    if (*text != "none" && (!is_number || limit < 1 || limit > most))
        return reader.refuse(max_users, "want none or 1 to " + std::to_string(most) + ", got " + quote_value(*text));
    out = limit;
}

/// A password alone protects the room; so does the switch, where there is a password already. XEP-0045 §10.1.3.
void read_password(FormReader& reader, std::string& out) {
    const std::optional<bool> wants = reader.read_boolean(is_protected);
    std::string wanted = out;
    reader.read_line(secret, wanted, secret_bytes);
    if (wants == true && wanted.empty())
        return reader.refuse(secret, "want a password for a password-protected room");
    if (wants == false && !wanted.empty() && wanted != out)
        return reader.refuse(secret, "got a password for a room that is not to be password-protected");
    out = wants == false ? "" : std::move(wanted);
}

}  // namespace

std::string_view private_message_word(Role least) {
    return std::ranges::find(pm_choices, least, &FormChoice<Role>::value)->word;
}

Form make_room_form(const Jid& room, const RoomOptions& options, std::size_t most_users) {
    Form form{"form", "Configuration of " + to_string(room), "What is submitted holds from then on.", {}};
    add(form, "FORM_TYPE", "hidden", "", std::string(room_form_type));
    add(form, room_name, "text-single", "Name of the room", options.title);
    add(form, description, "text-single", "Short description", options.description);
    add(form, language, "text-single", "Language of the discussion (\"en\", \"pt-BR\")", options.language);
    add(form, is_public, "Show the room in public lists?", !options.hidden);
    add(form, is_persistent, "Keep the room when nobody is in it?", options.persistent);
    add(form, members_only, "Let in members only?", options.members_only);
    add(form, allow_invites, "Let members of a members-only room invite others?", options.members_invite);
    add(form, moderated, "Give newcomers no voice?", options.moderated);
    add(form, changes_subject, "Let participants change the subject?", options.anyone_sets_subject);
    add(form, whois, "Who sees real JIDs?", whois_choices, options.semi_anonymous);
    add(form, allow_pm, "Who may send private messages?", pm_choices, options.may_write_privately);
    add_broadcast(form, options.broadcast);
    add_max_users(form, options.max_users, most_users);
    add(form, is_protected, "Is a password needed to enter?", !options.password.empty());
    add(form, secret, "text-private", "Password", options.password);
    return form;
}

std::variant<RoomOptions, StanzaError> parse_room_form(const Form& form, const RoomOptions& current,
                                                       std::size_t most_users) {
    if (form.fields.empty())
        return current;
    RoomOptions options = current;
    FormReader reader(form);
    reader.want_type(room_form_type);
    reader.read_line(room_name, options.title, name_bytes);
    reader.read_line(description, options.description, description_bytes);
    read_language(reader, options.language);
    bool is_listed = !options.hidden;
    reader.read(is_public, is_listed);
    options.hidden = !is_listed;
    reader.read(is_persistent, options.persistent);
    reader.read(members_only, options.members_only);
    reader.read(allow_invites, options.members_invite);
    reader.read(moderated, options.moderated);
    reader.read(changes_subject, options.anyone_sets_subject);
    reader.read(whois, whois_choices, options.semi_anonymous);
    reader.read(allow_pm, pm_choices, options.may_write_privately);
    read_broadcast(reader, form.field(broadcast), options.broadcast);
    read_max_users(reader, options.max_users, most_users);
    read_password(reader, options.password);
    if (reader.refusal())
        return *reader.refusal();
    return options;
}

}  // namespace mucbridge
