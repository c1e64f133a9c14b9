#pragma once

#include <functional>
#include <vector>

#include "phrase.hpp"
#include "stage.hpp"

namespace mucbridge::scenes {

/// A sentence that scenes may use, and what it does. Throws Failure where it does not come true.
struct Verb {
    Phrase phrase;
    std::function<void(Stage&, const Words&)> play;
    bool is_declaration = false;
};
using Verbs = std::vector<Verb>;

void add_declarations(Verbs& verbs);   // before anything happens
void add_user_verbs(Verbs& verbs);     // what users do
void add_rights_verbs(Verbs& verbs);   // what moderators, admins and owners do
void add_user_outcomes(Verbs& verbs);  // what they get to see
void add_broker_verbs(Verbs& verbs);   // the broker, time, gateways
void add_topic_verbs(Verbs& verbs);    // publishers and subscribers elsewhere

/// What nobody looked at although a scene must: throws Failure.
void expect_nothing_unread(Stage& stage);

// Shared by what users do and what they see.

/// "garden@rooms.localhost" of the room that the sentence names, else of the one that the user joined last.
std::string room_jid(Stage& stage, const Player& player, const Words& words);
/// Takes the user's next unread stanza of that name.
Element take_next(Player& player, const std::string& stanza_name, const std::string& wanted);
/// The first unread presence that `is_wanted`; those before it are read with it where `passes_over`.
Element take_presence(Player& player, const std::string& wanted, const std::function<bool(const Element&)>& is_wanted,
                      bool passes_over = false);
bool has_status(const Element& presence, const std::string& code);

}  // namespace mucbridge::scenes
