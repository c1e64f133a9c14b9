"""What breaks a promise of docs/delivery.md when it is done to the source: one small change each.

Each names the promise (its number there), the file, the words that stand there and what they become. The words must stand
there once: who changes the source changes them here.
"""
from dataclasses import dataclass


@dataclass
class Mutation:
    name: str
    promise: str
    file: str
    old: str
    new: str


MUTATIONS = [
    Mutation("a line counts as handled as soon as it is published", "7", "src/muc/room_speech.cpp",
             "own.receipt = std::move(receipt);", "receipt.reset();"),
    Mutation("a line counts as handled when it was sent, not when it is settled", "7", "src/gateway/resent_lines.cpp",
             "const auto open = std::make_shared<Receipts>(1, std::move(receipt));",
             "receipt.reset();\n    const auto open = std::make_shared<Receipts>(1);"),
    Mutation("no id was said before", "2, 4", "src/muc/recent_ids.cpp",
             "return known == entries_.end() ? nullptr : &known->second.entry;",
             "return known == entries_.end() || limit_ > 0 ? nullptr : &known->second.entry;"),
    Mutation("an echo is not known by its id", "4", "src/muc/room_heard.cpp",
             "OwnLine* line = in_flight_.find(heard.id);\n        OwnLine* late",
             "OwnLine* line = nullptr;\n        OwnLine* late"),
    Mutation("no seal is valid", "4", "src/mapping/mapper_lines.cpp",
             "heard.sealed = is_sealed(heard, nick, body, claims.seal);", "heard.sealed = false;"),
    Mutation("every seal is valid", "4", "src/mapping/mapper_lines.cpp",
             "heard.sealed = is_sealed(heard, nick, body, claims.seal);",
             "heard.sealed = !claims.seal.empty() && !heard.id.empty() && heard.published_at.has_value();"),
    Mutation("the last of those that wait goes first", "3, 6", "src/gateway/window.cpp",
             "Item& item = *waiting_.begin()->second;\n    waiting_.erase(waiting_.begin());",
             "Item& item = *std::prev(waiting_.end())->second;\n    waiting_.erase(std::prev(waiting_.end()));"),
    Mutation("what a lost connection left unsettled is forgotten", "1", "src/gateway/window.cpp",
             "    for (const auto& [position, item] : unsettled) {\n        item->second.flies = false;\n"
             "        wait(item->second);\n    }",
             "    for (const auto& [position, item] : unsettled)\n        erase(item);"),
    Mutation("what a lost connection left unsettled waits behind what is new", "3", "src/gateway/window.cpp",
             "        item->second.flies = false;\n        wait(item->second);",
             "        item->second.flies = false;\n        item->second.entry.position = next_position_++;\n"
             "        wait(item->second);"),
    Mutation("a line is shown when it is settled, not when it is back", "3", "src/muc/room_echo.cpp",
             "            if (!expects_echoes()) {", "            if (true) {"),
    Mutation("a refused line is taken for an accepted one", "5", "src/gateway/link.cpp",
             "const bool accepted = settlement.outcome == Settlement::Outcome::accepted;", "const bool accepted = true;"),
    Mutation("a line that finds no room is dropped without a word", "6", "src/gateway/link.cpp",
             "        return events_.on_full(entry.room, entry.id, {});", "        return;"),
    Mutation("a line is shown before the disk has it", "6", "src/gateway/link_spool.cpp",
             "    for (const Window::Entry* entry : window_.to_keep(added_until))\n        put_in_spool(*entry);",
             "    for (const Window::Entry* entry : window_.to_keep(added_until)) {\n"
             "        events_.on_spooled(entry->room, entry->id);\n        put_in_spool(*entry);\n    }"),
    Mutation("a line that the disk did not take counts as kept", "6", "src/gateway/link_spool.cpp",
             "    if (outcome) {\n        if (std::exchange(is_spool_failing_, false))",
             "    if (true) {\n        if (std::exchange(is_spool_failing_, false))"),
    Mutation("nothing is spooled: lines wait in memory", "6", "src/store/spool.cpp",
             "    return put_.run();", "    return {};"),
    Mutation("the spool of an earlier process is left alone", "6", "src/gateway/hub_restore.cpp",
             "        if (Link* at = link(line.broker))\n            restore_line(*at, line);",
             "        if (link(line.broker))\n            continue;"),
    Mutation("what is published stays in the spool", "1", "src/gateway/link_spool.cpp",
             "return tables.spool.remove(name, id); });", "return name.empty() ? tables.spool.remove(name, id) : Result<void>(); });"),
    Mutation("lines go out before the subscriptions are back", "2", "src/gateway/link.cpp",
             'if (state_ != "up" || answers_wanted_ > 0)', 'if (state_ != "up")'),
    Mutation("after a reconnection nothing is subscribed", "2", "src/gateway/link.cpp",
             "    for (const auto& [text, filter] : subscriptions_.filters())\n        ask(text, filter, false);",
             "    answers_wanted_ = 0;"),
    Mutation("a delivery is acknowledged and not journalled", "7", "src/gateway/link_deliveries.cpp",
             "if (!is_session_kept_ || !disk_.journal || delivery.qos == 0)", "if (true)"),
    Mutation("the journal forgets a delivery before the archive has it", "7", "src/muc/room_heard.cpp",
             "heard ? heard->receipt : nullptr});", "nullptr});"),
    Mutation("the journal of an earlier process is left alone", "7", "src/gateway/hub_restore.cpp",
             "    if (!journal())\n        return;", "    if (true)\n        return;"),
    Mutation("persistent rooms archive nothing", "7", "src/store/archive.cpp",
             "put_.bind(17, static_cast<std::int64_t>(journal));\n    return put_.run();",
             "put_.bind(17, static_cast<std::int64_t>(journal));\n    put_.reset();\n    return {};"),
    Mutation("a second copy is no longer known for one after the process", "2", "src/store/journal.cpp",
             "    impl_->copies.insert(number);\n    (void)impl_->write(write_journal_entry({}, make_copy_note(number)));",
             "    (void)number;"),
    Mutation("a stream of which nothing was heard is read from now on", "2", "src/broker/amqp091_stream.cpp",
             "    } else if (since_) {", "    } else if (since_ && is_from_first_) {"),
    Mutation("a write is answered before it is committed", "6, 7", "src/store/store.cpp",
             "    return transaction->commit();\n}\n\nResult<void> Store::commit_one",
             "    return {};\n}\n\nResult<void> Store::commit_one"),
    Mutation("a change is answered before it is written", "7", "src/gateway/rooms_keep.cpp",
             "    auto jobs = std::exchange(host.unsaved, {});\n    if (jobs.empty())",
             "    auto jobs = std::exchange(host.unsaved, {});\n    if (true)"),
    Mutation("a second copy after a reconnection is another line", "2", "src/gateway/second_copies.cpp",
             "    return is_copy;", "    return false;"),
    Mutation("a line that a client sends again after resuming is another one", "1", "src/gateway/resent_lines.cpp",
             "    if (before != end) {", "    if (false) {"),
    Mutation("a restarted room knows none of its lines", "2", "src/muc/room_past.cpp",
             "        ids_of(id).add(id, {line.published_at, line.is_ours});", ""),
    Mutation("a flood drops lines and does not say so", "2", "src/gateway/rooms_broker.cpp",
             "return perform(*host, host->room.on_lost(now()));", "return;"),
    Mutation("a broker is never held back", "2", "src/gateway/link_deliveries.cpp", "if (!may_be_held_back_)", "if (true)"),
]
