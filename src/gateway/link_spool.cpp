#include <spdlog/spdlog.h>

#include "core/utf8.hpp"
#include "gateway/link.hpp"

namespace mucbridge {

namespace {

/// A line that the broker has not settled by then goes to the spool, broker or no broker.
constexpr std::chrono::seconds unsettled_at_most{2};
/// Of those that were set aside, so many are kept in mind for `status`.
constexpr std::size_t most_set_aside_lines = 20;

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
        if (window_.on_kept(id))
            events_.on_spooled(room, id);
        return;
    }
    spdlog::error("broker {}: a line of room {} cannot be kept on disk: {}", config_.name, to_log_text(room),
                  to_log_text(outcome.error().text));
    if (window_.on_not_kept(id, loop_.now()))
        return events_.on_full(room, id, outcome.error().text);
    events_.on_waiting(room, id);
    keep_later();
}

void Link::leave_spool(const Window::Line& line) {
    disk_.store.write(line.id.size(),
                      [name = config_.name, id = line.id](Tables& tables) { return tables.spool.remove(name, id); });
}

void Link::set_aside(const std::string& id, const std::string& room, const std::string& reason) {
    const WallTime now = loop_.now().wall;
    spdlog::warn("broker {}: line {} of room {} is set aside: {}", config_.name, to_log_text(id), to_log_text(room),
                 to_log_text(reason));
    disk_.store.write(id.size() + reason.size(), [name = config_.name, id, reason, now](Tables& tables) {
        return tables.spool.set_aside(name, id, reason, now);
    });
    ++set_aside_.count;
    set_aside_.latest.insert(set_aside_.latest.begin(),
                             {config_.name, room, id.substr(id.rfind(" ") + 1), reason, now, now});
    if (set_aside_.latest.size() > most_set_aside_lines)
        set_aside_.latest.pop_back();
}

/// The broker closes the connection whenever it is given this line.
void Link::set_aside_poison(const Window::Poison& poison) {
    const Window::Entry& entry = poison.entry;
    const std::string reason = "the broker closes the connection when it is given this line";
    if (!poison.is_kept)
        disk_.store.write(entry.bytes(),
                          [line = to_spooled(config_.name, entry)](Tables& tables) { return tables.spool.put(line); });
    set_aside(entry.id, entry.room, reason);
    events_.on_settled(entry.room, entry.id, {Settlement::Outcome::rejected, reason});
}

void Link::set_aside_old() {
    for (const auto& id : window_.said_before(loop_.now().wall - config_.queue_age)) {
        const auto line = window_.reject(id);
        if (!line)
            continue;
        const std::string reason = "it waited for longer than queue_age";
        set_aside(id, line->room, reason);
        events_.on_settled(line->room, id, {Settlement::Outcome::rejected, reason});
    }
}

}  // namespace mucbridge
