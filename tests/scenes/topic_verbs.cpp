#include <algorithm>

#include "failure.hpp"
#include "verbs.hpp"

namespace mucbridge::scenes {
namespace {

void set_properties(Stage& stage, Publication& publication, const Words& words) {
    auto& properties = publication.properties;
    for (const auto& [name, value] : words.properties) {
        std::erase_if(properties, [&](const auto& property) { return property.first == name; });
        properties.emplace_back(name, stage.variables.fill(value));
    }
    if (words.has("WITHOUT"))
        std::erase_if(properties, [&](const auto& property) { return property.first == words["WITHOUT"]; });
}

void publish(Stage& stage, const Words& words) {
    Publication publication;
    publication.address = words["TOPIC"];
    publication.payload = stage.variables.fill(words["TEXT"]);
    publication.retain = words.has("retained");
    publication.content_type = words.get("TYPE", "");
    if (words.has("NICK"))
        publication.properties.emplace_back("nick", words["NICK"]);
    set_properties(stage, publication, words);
    stage.publish(std::move(publication));
}

/// Just what a gateway published there, or on another topic, with what the sentence changes.
void publish_again(Stage& stage, const Words& words) {
    const std::string source = words.get("OTHER", words["TOPIC"]);
    const auto& last = stage.topic(source).last;
    if (!last)
        throw Failure{"something published by a gateway on " + source, "nothing"};
    Publication publication;
    publication.address = words["TOPIC"];
    publication.payload = words.has("TEXT") ? stage.variables.fill(words["TEXT"]) : last->payload;
    publication.qos = last->qos;
    publication.retain = words.has("retained");
    publication.content_type = last->content_type;
    publication.properties = last->properties;
    set_properties(stage, publication, words);
    stage.publish(std::move(publication));
}

/// `fields` of a JSON payload are looked at as text: the scene says what stands there, word for word.
void receive(Stage& stage, const Words& words) {
    Topic& topic = stage.topic(words["TOPIC"]);
    topic.is_read = true;
    std::string wanted = words["TEXT"];
    for (const auto& [name, value] : words.properties)
        wanted += ", " + name + " " + value;
    if (topic.unread.empty())
        throw Failure{words["TOPIC"] + " receives: " + wanted, "nothing"};
    const Delivery got = std::move(topic.unread.front());
    topic.unread.pop_front();
    std::string came = got.payload;
    bool is_wanted = words.has("holding") ? got.payload.find(stage.variables.fill(words["TEXT"])) != std::string::npos
                                          : stage.variables.match(words["TEXT"], got.payload);
    for (const auto& [name, value] : got.properties)
        came += ", " + name + " " + value;
    for (const auto& [name, value] : words.properties) {
        const std::string* property = got.property(name);
        is_wanted = is_wanted && property && stage.variables.match(value, *property);
    }
    if (!is_wanted)
        throw Failure{words["TOPIC"] + " receives: " + wanted, came};
}

void receive_nothing(Stage& stage, const Words& words) {
    Topic& topic = stage.topic(words["TOPIC"]);
    topic.is_read = true;
    if (!topic.unread.empty())
        throw Failure{"nothing more for topic " + words["TOPIC"], topic.unread.front().payload};
}

void keep(Stage& stage, const Words& words) {
    std::string came = "nothing";
    const Stage::Place place = stage.place(words["TOPIC"]);
    for (const Publication& retained : place.bus.retained(place.address))
        came = retained.payload;
    if (came != words["TEXT"])
        throw Failure{words["TOPIC"] + " retains: " + words["TEXT"], came};
}

}  // namespace

void add_topic_verbs(Verbs& verbs) {
    const auto add = [&](const char* phrase, auto play) { verbs.push_back({Phrase(phrase), play, false}); };
    add("topic TOPIC publishes TEXT [as NICK] [typed TYPE] [with PROPERTIES] [retained]", publish);
    add("topic TOPIC publishes again what OTHER received [saying TEXT] [with PROPERTIES] [without WITHOUT] [retained]",
        publish_again);
    add("topic TOPIC receives nothing more", receive_nothing);
    add("topic TOPIC receives [holding] TEXT [with PROPERTIES]", receive);
    add("topic TOPIC retains TEXT", keep);
}

}  // namespace mucbridge::scenes
