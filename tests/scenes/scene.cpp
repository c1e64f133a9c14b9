#include "scene.hpp"

#include <fstream>
#include <stdexcept>

#include "failure.hpp"

namespace mucbridge::scenes {
namespace {

constexpr std::size_t shown_of_transcript = 40;

struct Sentence {
    unsigned line;
    std::string text;
};

/// Lines without comments; a line that begins with a blank continues the one before.
std::vector<Sentence> read(std::istream& in) {
    std::vector<Sentence> sentences;
    unsigned number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.starts_with("#") || line.find_first_not_of(" \t") == std::string::npos)
            continue;
        if (line.front() == ' ' && !sentences.empty())
            sentences.back().text += "\n" + line.substr(line.find_first_not_of(" \t"));
        else
            sentences.push_back({number, line});
    }
    return sentences;
}

/// Phrases that share most words with what was not understood.
std::string suggest(const std::vector<Token>& tokens, const Verbs& verbs) {
    std::size_t most = 1;
    std::string best;
    for (const Verb& verb : verbs) {
        std::size_t shared = 0;
        for (const Token& token : tokens)
            shared += (" " + verb.phrase.text() + " ").find(" " + token.value + " ") != std::string::npos ? 1 : 0;
        if (shared < most || shared == 0)
            continue;
        best = shared > most ? "" : best;
        most = shared;
        best += "\n        " + verb.phrase.text();
    }
    return best.empty() ? "" : "\n    perhaps:" + best;
}

std::string describe(const Stage& stage) {
    std::string out = "\n    transcript (line: who > says, < is given):";
    const auto& lines = stage.transcript;
    for (std::size_t at = lines.size() > shown_of_transcript ? lines.size() - shown_of_transcript : 0;
         at < lines.size(); ++at)
        out += "\n        " + lines[at];
    return out;
}

}  // namespace

Scene::Scene(std::string path, const Verbs& verbs, Report& report) : path_(std::move(path)) {
    std::ifstream in(path_);
    if (!in) {
        report.text = path_ + ": cannot be read";
        return;
    }
    for (auto& [line, text] : read(in)) {
        last_line_ = line;
        const auto tokens = split(text);
        Step step{line, text, nullptr, {}};
        for (const Verb& verb : verbs)
            if (!step.verb && verb.phrase.match(text, tokens, step.words))
                step.verb = &verb;
        if (!step.verb) {
            report.text += path_ + ":" + std::to_string(line) + ": no such sentence: " + text + suggest(tokens, verbs);
            report.line = line;
            steps_.clear();
            return;
        }
        steps_.push_back(std::move(step));
    }
    if (steps_.empty())
        report.text = path_ + ": a scene without a sentence";
}

Report Scene::play(unsigned loops) const {
    Stage stage(loops);
    const auto fail = [&](const std::string& sentence, const Failure& failure) {
        return Report{path_ + ":" + std::to_string(stage.line) + ": (loops: " + std::to_string(loops) + ") " +
                          sentence + "\n    wanted: " + failure.wanted + "\n    came:   " + failure.came +
                          describe(stage),
                      stage.line};
    };
    for (const Step& step : steps_) {
        stage.line = step.line;
        try {
            if (!step.verb->is_declaration && !stage.has_begun())
                stage.begin();
            step.verb->play(stage, step.words);
            if (stage.has_begun())
                stage.settle();
        } catch (const Failure& failure) {
            return fail(step.sentence, failure);
        } catch (const std::exception& error) {
            return fail(step.sentence, {"no exception", error.what()});
        }
    }
    try {
        expect_nothing_unread(stage);
    } catch (const Failure& failure) {
        return fail("(the scene's end)", failure);
    }
    return {};
}

}  // namespace mucbridge::scenes
