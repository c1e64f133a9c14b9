#include "gateway/kept_room.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace mucbridge {

namespace {

using nlohmann::json;

/// What both ways need to know of the options: each by its key.
template <class Options, class Visit>
void visit_options(Options& options, Visit visit) {
    visit("title", options.title);
    visit("description", options.description);
    visit("language", options.language);
    visit("moderated", options.moderated);
    visit("members_only", options.members_only);
    visit("hidden", options.hidden);
    visit("persistent", options.persistent);
    visit("semi_anonymous", options.semi_anonymous);
    visit("anyone_sets_subject", options.anyone_sets_subject);
    visit("password", options.password);
    visit("max_users", options.max_users);
    visit("broadcast", options.broadcast);
    visit("may_write_privately", options.may_write_privately);
    visit("members_invite", options.members_invite);
}

constexpr std::array<std::pair<std::string_view, bool PresenceBroadcast::*>, 4> broadcast_words{
    {{"moderator", &PresenceBroadcast::moderator},
     {"participant", &PresenceBroadcast::participant},
     {"visitor", &PresenceBroadcast::visitor},
     {"none", &PresenceBroadcast::none}}};

json to_json(const std::string& text) { return text; }
json to_json(bool value) { return value; }
json to_json(std::size_t number) { return number; }
json to_json(Role role) { return std::string(to_string(role)); }
json to_json(const PresenceBroadcast& shown) {
    json words = json::array();
    for (const auto& [word, is_shown] : broadcast_words)
        if (shown.*is_shown)
            words.push_back(std::string(word));
    return words;
}

void read(const json& value, std::string& out) {
    if (value.is_string())
        out = value.get<std::string>();
}

void read(const json& value, bool& out) {
    if (value.is_boolean())
        out = value.get<bool>();
}

void read(const json& value, std::size_t& out) {
    if (value.is_number_unsigned())
        out = value.get<std::size_t>();
}

void read(const json& value, Role& out) {
    if (value.is_string())
        out = parse_role(value.get_ref<const std::string&>()).value_or(out);
}

void read(const json& value, PresenceBroadcast& out) {
    if (!value.is_array())
        return;
    for (const auto& [word, is_shown] : broadcast_words)
        out.*is_shown = std::find(value.begin(), value.end(), std::string(word)) != value.end();
}

}  // namespace

std::string write_options(const RoomOptions& options) {
    json out = json::object();
    visit_options(options, [&](const char* key, const auto& value) { out[key] = to_json(value); });
    // Titles and passwords are UTF-8 when they come from a form; what else came about is replaced, and no exception.
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<RoomOptions> parse_options(const std::string& text) {
    const json options = json::parse(text, nullptr, false);
    if (!options.is_object())
        return Error{"a room's options: want a JSON object, got ", std::string_view(text).substr(0, 80)};
    RoomOptions out;
    visit_options(out, [&](const char* key, auto& value) {
        if (const auto found = options.find(key); found != options.end())
            read(*found, value);
    });
    return out;
}

KeptRoom::Right to_kept(const RestoredRoom::Right& right) {
    return {to_string(right.bare), std::string(to_string(right.affiliation)), right.nick};
}

KeptRoom::Subject to_kept(const Subject& subject) {
    return {subject.text, subject.lang, subject.nick, subject.occupant_id, subject.set_at.value_or(WallTime{})};
}

KeptRoom to_kept(const Room& room, WallTime created) {
    KeptRoom kept{to_string(room.address()), write_options(room.options()), created, {}, {}};
    if (room.subject().set_at)
        kept.subject = to_kept(room.subject());
    for (const RestoredRoom::Right& right : room.kept_rights())
        kept.rights.push_back(to_kept(right));
    return kept;
}

Result<RestoredRoom> to_restored(const KeptRoom& kept) {
    auto options = parse_options(kept.options);
    if (!options)
        return options.error();
    RestoredRoom restored{std::move(*options)};
    for (const KeptRoom::Right& right : kept.rights) {
        auto bare = Jid::parse(right.jid);
        if (!bare || !bare->is_bare())
            return Error{"want a bare JID, got ", right.jid};
        const auto affiliation = parse_affiliation(right.affiliation);
        if (!affiliation)
            return Error{right.jid, ": want an affiliation, got ", right.affiliation};
        restored.rights.push_back({std::move(*bare), *affiliation, right.nick});
    }
    if (const auto& subject = kept.subject)
        restored.subject = {subject->text, subject->lang, subject->nick, subject->occupant_id, subject->set_at};
    return restored;
}

}  // namespace mucbridge
