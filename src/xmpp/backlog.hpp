#pragma once

#include <cstddef>
#include <functional>
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

    /// Memory for a queue: most are empty most of the time, and need none then.
    std::string take_buffer();
    void give_back(std::string buffer);

private:
    const std::size_t most_;
    std::size_t total_ = 0;
    std::size_t relieved_at_ = 0;  // what was left when much was last written
    std::function<void()> relief_;
    std::vector<std::string> buffers_;
    std::size_t kept_ = 0;  // bytes of them
};

}  // namespace mucbridge
