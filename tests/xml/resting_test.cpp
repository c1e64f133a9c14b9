#include "xml/resting.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "xml/reader.hpp"

using namespace mucbridge;

namespace {

struct Sleeper final : Resting::Reader {
    explicit Sleeper(Resting& where) : resting(where), place(resting.add(*this)) {}
    void park() override {
        resting.remove(place);
        is_parked = true;
    }
    Resting& resting;
    bool is_parked = false;
    Resting::Place place;
};

}  // namespace

TEST_CASE("who rested longest is parked when there is no room for one more") {
    Resting resting(2);
    Sleeper first(resting), second(resting), third(resting);
    CHECK(first.is_parked);
    CHECK_FALSE(second.is_parked);
    resting.remove(second.place);
    second.place = resting.add(second);
    Sleeper fourth(resting);
    CHECK(third.is_parked);
    CHECK_FALSE(second.is_parked);
}

TEST_CASE("many streams read on though few of them may keep a parser") {
    const auto resting = std::make_shared<Resting>(2);
    std::vector<std::string> bodies;
    std::vector<std::unique_ptr<Reader>> readers;
    for (int i = 0; i < 8; ++i) {
        Reader::Events events;
        events.on_stanza = [&](const Element& stanza) { bodies.push_back(stanza.name + stanza.ns); };
        events.on_error = [&](const ReaderError& error) { bodies.push_back(error.text); };
        readers.push_back(std::make_unique<Reader>(std::move(events), ReaderLimits{}, resting));
        readers.back()->feed("<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>");
    }
    for (int round = 0; round < 3; ++round)
        for (const auto& reader : readers) {
            reader->feed("<iq/><mess");
            reader->feed("age/>");
        }
    readers.erase(readers.begin() + 3, readers.end());
    readers.front()->feed("<presence/>");
    REQUIRE(bodies.size() == 49);
    CHECK(bodies.front() == "iqjabber:client");
    CHECK(bodies[1] == "messagejabber:client");
    CHECK(bodies.back() == "presencejabber:client");
}
