#include <spdlog/spdlog.h>

#include <iostream>
#include <string_view>

#include "scene.hpp"

using namespace mucbridge::scenes;

/// scene_runner FILE...: plays each scene on one loop and on two, and says which failed; exit code 1 where one did.
/// scene_runner --phrases: every sentence that a scene may use. --log FILE...: with the gateways' log.
int main(int argc, char** argv) {
    Verbs verbs;
    add_declarations(verbs);
    add_broker_verbs(verbs);
    add_topic_verbs(verbs);
    add_user_verbs(verbs);
    add_user_outcomes(verbs);

    std::vector<std::string> files(argv + 1, argv + argc);
    if (files.size() == 1 && files.front() == "--phrases") {
        for (const Verb& verb : verbs)
            std::cout << verb.phrase.text() << "\n";
        return 0;
    }
    if (!files.empty() && files.front() == "--log")
        files.erase(files.begin());
    else
        spdlog::set_level(spdlog::level::off);
    if (files.empty()) {
        std::cerr << "scene_runner: want scene files\n";
        return 64;
    }
    unsigned failed = 0;
    for (const auto& file : files) {
        Report report;
        const Scene scene(file, verbs, report);
        for (const unsigned loops : {1U, 2U})
            if (report.text.empty())
                report = scene.play(loops);
        if (report.text.empty())
            continue;
        ++failed;
        std::cerr << report.text << "\n\n";
    }
    std::cerr << files.size() - failed << " of " << files.size() << " scenes came true\n";
    return failed == 0 ? 0 : 1;
}
