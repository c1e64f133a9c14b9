#pragma once

#include <string>

#include "stream_model.hpp"
#include "stream_steps.hpp"

namespace mucbridge::stream_fuzz {

/// Writes what clients send: half valid, with a fresh id each, and a fresh token in each body.
class Actor {
public:
    /// The bytes that this step has the client send; "" for steps that are no stanza.
    std::string write(const Step& step, const Client& client, World& world);
    /// Of a new stream, up to the resource; `choice`: in which of many ways, some of which lead nowhere.
    static std::vector<std::string> write_login(const Client& client, unsigned choice);
    std::string make_token(char kind) { return kind + std::to_string(++tokens_) + kind; }

private:
    std::string write_message(const Step& step, const Client& client, const std::string& room);
    std::string write_presence(const Step& step, const Client& client, const std::string& room);
    std::string write_admin(const Step& step, const Client& client, const std::string& room, World& world);
    std::string write_configuration(const Step& step, const std::string& room);
    std::string write_question(const Step& step, const Client& client, const std::string& room);
    std::string write_registration(const Step& step, const std::string& room);
    std::string write_invitation(const Step& step, const std::string& room);
    std::string write_voice(const Step& step, const std::string& room);
    std::string write_answer(const Step& step, const Client& client);
    std::string write_broken(const Step& step, const Client& client, const std::string& room);

    std::string make_id(unsigned hostile);
    std::string iq(std::string_view type, const std::string& to, const std::string& child);

    unsigned ids_ = 0, tokens_ = 0;
};

}  // namespace mucbridge::stream_fuzz
