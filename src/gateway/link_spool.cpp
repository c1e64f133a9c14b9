#include <spdlog/spdlog.h>

#include <utility>

#include "core/utf8.hpp"
#include "gateway/link.hpp"

namespace mucbridge {

namespace {

/// A line that the broker has not settled by then goes to the spool, broker or no broker.
constexpr std::chrono::seconds unsettled_at_most{2};
/// Of those that were set aside, so many are kept in mind for `status`.
constexpr std::size_t most_set_aside_lines = 20;
constexpr std::chrono::seconds written_again_after{5};

SpooledLine to_spooled(const std::string& broker, const Window::Entry& entry) {
    return {broker, entry.position, entry.id, entry.address, entry.mirror, entry.said, !entry.mirror};
}

}  // namespace

void Link::restore(Window::Entry entry) { window_.restore(std::move(entry), loop_.now()); }

/// In the order in which they were said: so they are on disk, and so they are shown.
void Link::keep(Tick added_until) {
    for (const Window::Entry* entry : window_.to_keep(added_until))
        put_in_spool(*entry);
}

void Link::keep_later() {
    const auto oldest = window_.oldest_unkept();
    if (!oldest || std::exchange(is_keeping_later_, true))
        return;
    loop_.at(*oldest + unsettled_at_most, [this] {
        is_keeping_later_ = false;
        keep(loop_.now().tick - unsettled_at_most);
        keep_later();
    });
}

std::function<void(std::function<void()>)> Link::to_loop() {
    return [guard = std::weak_ptr(guard_)](std::function<void()> task) {
        if (const auto link = guard.lock())
            (*link)->loop_.post([guard, task = std::move(task)] {
                if (guard.lock())
                    task();
            });
    };
}

void Link::put_in_spool(const Window::Entry& entry) {
    disk_.store.write(
        entry.bytes(), [line = to_spooled(config_.name, entry)](Tables& tables) { return tables.spool.put(line); },
        [this, id = entry.id, room = entry.room, post = to_loop()](const Result<void>& outcome) {
            post([this, id, room, outcome] { on_kept(id, room, outcome); });
        });
}

void Link::on_kept(const std::string& id, const std::string& room, const Result<void>& outcome) {
    if (outcome) {
        if (std::exchange(is_spool_failing_, false))
            spdlog::info("broker {}: lines are kept on disk again", config_.name);
        if (window_.on_kept(id))
            events_.on_spooled(room, id);
        return;
    }
    if (!std::exchange(is_spool_failing_, true))
        spdlog::error("broker {}: a line of room {} cannot be kept on disk: {}", config_.name, to_log_text(room),
                      to_log_text(outcome.error().text));
    if (window_.on_not_kept(id, loop_.now()))
        return events_.on_full(room, id, outcome.error().text);
    events_.on_waiting(room, id);
    keep_later();
}

/// What the spool is not to publish any more: written again until the disk takes it, in its order. A process that dies
/// before that has the next one publish it again, under the same id.
void Link::write_surely(std::size_t bytes, Store::Job job) {
    if (!owed_.empty()) {
        owed_.push_back({bytes, std::move(job)});
        return;
    }
    auto done = [this, bytes, job, post = to_loop()](const Result<void>& outcome) {
        if (!outcome)
            post([this, bytes, job] { owe({bytes, job}); });
    };
    disk_.store.write(bytes, std::move(job), std::move(done));
}

void Link::owe(Owed owed) {
    if (owed_.empty())
        loop_.at(loop_.now().tick + written_again_after, [this] {
            for (Owed& each : std::exchange(owed_, {}))
                write_surely(each.bytes, std::move(each.job));
        });
    owed_.push_back(std::move(owed));
}

void Link::leave_spool(const Window::Line& line) {
    write_surely(line.id.size(),
                 [name = config_.name, id = line.id](Tables& tables) { return tables.spool.remove(name, id); });
}

/// `first`: what the spool needs besides.
void Link::set_aside(const Window::Line& line, const std::string& reason, const Store::Job& first) {
    const WallTime now = loop_.now().wall;
    spdlog::warn("broker {}: line {} of room {} is set aside: {}", config_.name, to_log_text(line.id),
                 to_log_text(line.room), to_log_text(reason));
    write_surely(line.id.size() + reason.size(),
                 [name = config_.name, id = line.id, reason, now, first](Tables& tables) {
                     const auto done = first ? first(tables) : Result<void>();
                     return done ? tables.spool.set_aside(name, id, reason, now) : done;
                 });
    ++set_aside_.count;
    set_aside_.latest.insert(
        set_aside_.latest.begin(),
        {config_.name, line.room, line.id.substr(line.id.rfind(" ") + 1), reason, line.said_at, now});
    if (set_aside_.latest.size() > most_set_aside_lines)
        set_aside_.latest.pop_back();
}

/// The broker closes the connection whenever it is given this line.
void Link::set_aside_poison(const Window::Poison& poison) {
    const Window::Entry& entry = poison.entry;
    const std::string reason = "the broker closes the connection when it is given this line";
    set_aside({entry.id, entry.room, true, entry.said.said_at}, reason,
              [line = to_spooled(config_.name, entry)](Tables& tables) {
                  return tables.spool.put(line);  // unless it is there
              });
    events_.on_settled(entry.room, entry.id, {Settlement::Outcome::rejected, reason});
}

void Link::set_aside_old() {
    for (const auto& id : window_.said_before(loop_.now().wall - config_.queue_age)) {
        const auto line = window_.reject(id);
        if (!line)
            continue;
        const std::string reason = "it waited for longer than queue_age";
        set_aside(*line, reason);
        events_.on_settled(line->room, id, {Settlement::Outcome::rejected, reason});
    }
}

}  // namespace mucbridge
