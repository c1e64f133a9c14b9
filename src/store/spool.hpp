#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/heard.hpp"
#include "store/database.hpp"

namespace mucbridge {

/// A line that a broker does not have yet, on disk.
struct SpooledLine {
    std::string broker;                 // its name in the configuration
    std::uint64_t position = 0;         // in the broker's order
    std::string key;                    // as its link knows it, unique there
    std::string address;                // that it is to be published to
    std::optional<std::size_t> mirror;  // of the room's mirrors; none: home
    Said said;                          // without what is not published
    bool is_shown = false;              // by the room: all but what goes to a mirror, or comes from one
};

/// A line that its broker does not take, or that waited for too long: kept until an operator has seen it.
struct LineSetAside {
    std::string broker, room, id, reason;
    WallTime said_at, set_aside_at;
};

/// The lines on their way to brokers that are away or behind, and those that were set aside. One thread's at a time.
class Spool {
public:
    static Result<Spool> open(Database& database);

    /// Once for each key of a broker; a second time it stays as it was.
    Result<void> put(const SpooledLine& line);
    /// The broker has it. No error where there is none.
    Result<void> remove(std::string_view broker, std::string_view key);
    /// No error where there is none: then nothing is set aside.
    Result<void> set_aside(std::string_view broker, std::string_view key, std::string_view reason, WallTime now);

    /// In the order of their positions, by broker.
    Result<std::vector<SpooledLine>> load();
    struct SetAsideCount {
        std::uint64_t count = 0;
        std::vector<LineSetAside> latest;  // newest first
    };
    /// At most so many of the lines themselves.
    Result<SetAsideCount> set_aside_lines(std::string_view broker, std::size_t most);

private:
    Spool(Database& database, Statement put, Statement remove)
        : database_(&database), put_(std::move(put)), remove_(std::move(remove)) {}
    Database* database_;
    Statement put_, remove_;
};

}  // namespace mucbridge
