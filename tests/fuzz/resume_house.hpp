#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/memory.hpp"
#include "gateway/hub.hpp"
#include "resume_client.hpp"

namespace mucbridge::resume_fuzz {

struct Setup {
    unsigned people = 2, loops = 1;
    bool is_small = false;  // limits/unacknowledged_bytes
};

/// One step: a letter, who does it, and how. See corpus/resume/.
struct Step {
    char what = 's';
    unsigned who = 0, how = 0;
};

/// A gateway without sockets, a broker in the process, a clock wound by hand; people whose connections are lost, a
/// witness in every room whose connection never is, and somebody who means no good. Each function throws Broken.
class House {
public:
    explicit House(const Setup& setup);
    ~House();
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    /// Everybody comes in.
    void begin();
    void play(const Step& step);
    /// The broker is back, everybody is connected again, has what was said, and goes.
    void finish();
    const std::vector<std::string>& transcript() const { return transcript_; }

private:
    // What people do: resume_house.cpp.
    void say(Person& person, unsigned how);
    void send(Person& person, const std::string& stanza, const std::string& line = {});
    void feed(Person& person, const std::string& bytes);
    void acknowledge(Person& person);
    void lose(Person& person, unsigned how);
    void do_harm(const Step& step);
    void wind(std::chrono::seconds time);
    void bring_up_broker();

    // Connections: resume_connect.cpp.
    void connect(Person& person, unsigned how);
    void open(Person& person, unsigned loop);
    void resume_wrongly(Person& person, unsigned how);
    bool resume(Person& person);
    void bind(Person& person);
    void join(Person& person);
    void forget(Person& person);
    void look_after(Person& person);
    void end_connection(Person& person);

    // What they get, and whether it is as it was promised: resume_checks.cpp.
    void settle();
    bool read(Person& person);
    void hear(Person& person, const Xml& stanza);
    void hear_management(Person& person, const Xml& element);
    void on_count(Person& person, const std::string& h);
    void hear_in_room(Person& person, const Xml& stanza);
    void witness(const std::string& room, const std::string& word, const std::string& nick);
    void resend(Person& person);
    void follow(Person& person);
    void check_people();
    void check_lines();
    bool is_on_disk(const std::string& token) const;
    void on_delivery(const Delivery& delivery);
    [[noreturn]] void fail(const Person& person, const std::string& what) const;

    void write(std::string words) { transcript_.push_back(std::move(words)); }

    const Setup setup_;
    Config config_;
    Now now_;
    std::shared_ptr<MemoryBus> bus_ = std::make_shared<MemoryBus>();
    Person witness_;
    std::vector<Person> people_;
    Session* stranger_ = nullptr;
    unsigned tokens_ = 0, strangers_ = 0;
    std::map<std::string, Said> lines_;
    std::map<std::string, std::vector<Event>> events_;      // by room, as the witness saw them
    std::map<std::string, std::set<std::string>> present_;  // nicks, by room, as the witness saw them
    std::vector<std::string> transcript_;
    std::shared_ptr<void> listening_;
    std::unique_ptr<Hub> hub_;  // the last, so that it goes first
};

}  // namespace mucbridge::resume_fuzz
