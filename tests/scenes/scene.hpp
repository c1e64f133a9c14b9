#pragma once

#include <string>
#include <vector>

#include "verbs.hpp"

namespace mucbridge::scenes {

/// One sentence of a scene, understood.
struct Step {
    unsigned line;
    std::string sentence;
    const Verb* verb;
    Words words;
};

/// Why a scene failed, for a person, and at which line.
struct Report {
    std::string text;  // empty: it did not
    unsigned line = 0;
};

/// A scene file, read whole before anything is played: an unknown sentence fails it wherever it stands.
class Scene {
public:
    /// On failure `report` says why, and the scene has no steps.
    Scene(std::string path, const Verbs& verbs, Report& report);
    /// With rooms and sessions spread over so many loops.
    Report play(unsigned loops) const;
    /// Where its last sentence stands.
    unsigned last_line() const { return last_line_; }

private:
    std::string path_;
    std::vector<Step> steps_;
    unsigned last_line_ = 0;
};

}  // namespace mucbridge::scenes
