#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/memory.hpp"
#include "core/config.hpp"
#include "gateway/hub.hpp"
#include "pattern.hpp"
#include "player.hpp"

namespace mucbridge::scenes {

inline const std::string main_broker = "main";

/// What a topic got from gateways and was not read yet; and the last that it got, for those who repeat it.
struct Topic {
    std::deque<Delivery> unread;
    std::optional<Delivery> last;
    bool is_read = false;  // a scene that reads a topic at all reads all of it
};

/// Where a scene is played: a broker in the process, and others that the scene declares, gateways and their users, and
/// a clock that goes when the scene says so.
class Stage {
public:
    explicit Stage(unsigned loops);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    // What must be known before the curtain rises.
    Config config;
    std::set<std::string> rooms;

    void add_broker(const std::string& name, const std::string& version);
    void add_gateway(const std::string& name, const std::string& key);
    void add_user(Casting casting);
    /// Gateways connect, users log in. Once; users that come later log in at once.
    void begin();
    bool has_begun() const { return has_begun_; }

    void settle();
    void pass(std::chrono::milliseconds time);
    void wait_for_brokers();
    void stop_gateway(const std::string& name);

    void publish(Publication publication);
    Player& player(const std::string& name);
    bool has_player(const std::string& name) const { return players_.contains(name); }
    std::map<std::string, std::unique_ptr<Player>>& players() { return players_; }
    Topic& topic(const std::string& name) { return topics_[name]; }
    std::map<std::string, Topic>& topics() { return topics_; }
    MemoryBus& bus(const std::string& broker = main_broker);
    /// "garden", or on another broker "other:garden".
    struct Place {
        MemoryBus& bus;
        std::string address;
    };
    Place place(const std::string& topic);
    Now now() const { return now_; }

    Variables variables;
    unsigned line = 0;  // of the step that is played
    std::vector<std::string> transcript;
    void write(const std::string& words);

private:
    struct House {
        std::string key;
        std::unique_ptr<Hub> hub;
    };
    void open(const std::string& name, House& house);
    void enter(const Casting& casting);
    void on_delivery(const std::string& broker, Delivery delivery);

    const unsigned loops_;
    Now now_;
    std::map<std::string, std::shared_ptr<MemoryBus>> buses_;  // by the broker's name
    std::vector<std::shared_ptr<void>> listening_;
    std::map<std::string, House> houses_;
    std::vector<Casting> cast_;
    std::map<std::string, std::unique_ptr<Player>> players_;
    std::map<std::string, Topic> topics_;
    std::vector<std::pair<std::string, std::string>> own_;  // published by the scene and not seen again yet
    bool has_begun_ = false, has_moved_ = false;
};

inline const std::string main_gateway = "here";

}  // namespace mucbridge::scenes
