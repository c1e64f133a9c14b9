#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mucbridge {

/// What the sessions of one loop were told and have not written yet, all together: bounded, whatever their number.
/// Lives on one loop.
class Backlog {
public:
    explicit Backlog(std::size_t most = 24 * 1024 * 1024) : most_(most) {}
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;

    /// How much one session may leave unwritten: less and less as all of them together come near the bound, so that
    /// those who do not read are in nobody's way. (Dynamic thresholds, as in a switch's shared buffer.)
    std::size_t most_of_one() const;

    void grow(std::size_t bytes);
    void shrink(std::size_t bytes);
    /// Called when much has gathered in one turn of the loop: to write what can be written at once.
    void set_relief(std::function<void()> relief) { relief_ = std::move(relief); }

    /// How much its sessions were told, ever, in bytes: the clock by which it is known who does not read.
    std::uint64_t told() const { return told_; }
    /// True of a session that has written nothing since then, though much was told to all.
    bool is_long_ago(std::uint64_t told) const { return told_ - told > most_ / 4; }
    /// For one who reads, where there is no room for what he is told at once: those who do not are given up.
    void make_room();
    /// Called for it, now and then: to free so many bytes.
    void set_eviction(std::function<void(std::size_t)> eviction) { evict_ = std::move(eviction); }

    /// Memory for a queue: most are empty most of the time, and need none then.
    std::string take_buffer();
    void give_back(std::string buffer);

private:
    const std::size_t most_;
    std::size_t total_ = 0;
    std::uint64_t told_ = 0;
    std::optional<std::uint64_t> evicted_at_;  // what was told by then
    std::function<void(std::size_t)> evict_;
    std::size_t relieved_at_ = 0;  // what was left when much was last written
    std::function<void()> relief_;
    std::vector<std::string> buffers_;
    std::size_t kept_ = 0;  // bytes of them
};

}  // namespace mucbridge
