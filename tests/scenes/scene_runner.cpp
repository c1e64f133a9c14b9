#include <spdlog/spdlog.h>

#include <iostream>
#include <string_view>

#include "scene.hpp"

using namespace mucbridge::scenes;

namespace {

Report play(const std::string& file, const Verbs& verbs) {
    Report report;
    const Scene scene(file, verbs, report);
    for (const unsigned loops : {1U, 2U})
        if (report.text.empty())
            report = scene.play(loops);
    return report;
}

/// A scene that is wrong in its last sentence, and nowhere before.
Report play_wrong(const std::string& file, const Verbs& verbs) {
    const Report wrong = play(file, verbs);
    Report unread;
    if (wrong.line != 0 && wrong.line == Scene(file, verbs, unread).last_line())
        return {};
    return {file + ": it should fail at its last sentence, " +
                (wrong.text.empty() ? "and came true" : "and failed thus:\n" + wrong.text),
            1};
}

}  // namespace

/// scene_runner FILE...: plays each scene on one loop and on two, and says which failed; exit code 1 where one did.
/// --wrong FILE...: each must fail at its last sentence. --log FILE...: with the gateways' log.
/// --phrases: every sentence that a scene may use.
int main(int argc, char** argv) {
    Verbs verbs;
    add_declarations(verbs);
    add_broker_verbs(verbs);
    add_topic_verbs(verbs);
    add_user_verbs(verbs);
    add_rights_verbs(verbs);
    add_user_outcomes(verbs);

    std::vector<std::string> files(argv + 1, argv + argc);
    const std::string option = !files.empty() && files.front().starts_with("--") ? files.front() : "";
    if (!option.empty())
        files.erase(files.begin());
    if (option == "--phrases") {
        for (const Verb& verb : verbs)
            std::cout << verb.phrase.text() << "\n";
        return 0;
    }
    if (files.empty() || (!option.empty() && option != "--wrong" && option != "--log")) {
        std::cerr << "scene_runner: want [--wrong|--log] FILE... or --phrases\n";
        return 64;
    }
    if (option != "--log")
        spdlog::set_level(spdlog::level::off);
    unsigned failed = 0;
    for (const auto& file : files) {
        const Report report = option == "--wrong" ? play_wrong(file, verbs) : play(file, verbs);
        if (report.text.empty())
            continue;
        ++failed;
        std::cerr << report.text << "\n\n";
    }
    std::cerr << files.size() - failed << " of " << files.size() << " scenes are as they should be\n";
    return failed == 0 ? 0 : 1;
}
