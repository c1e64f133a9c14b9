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

/// Why a scene failed, for a person.
struct Report {
    std::string text;  // empty: it did not
};

/// A scene file, read whole before anything is played: an unknown sentence fails it wherever it stands.
class Scene {
public:
    /// On failure `report` says why, and the scene has no steps.
    Scene(std::string path, const Verbs& verbs, Report& report);
    /// With rooms and sessions spread over so many loops.
    Report play(unsigned loops) const;

private:
    std::string path_;
    std::vector<Step> steps_;
};

}  // namespace mucbridge::scenes
