#include "store/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "store/journal_entry.hpp"
#include "store/journal_files.hpp"

namespace mucbridge {

namespace {

/// An entry with no number, but the mark of a second copy: it has the number of the one that is meant where others have
/// an offset.
Delivery make_copy_note(std::uint64_t number) {
    Delivery note;
    note.duplicate = true;
    note.offset = number;
    return note;
}

std::optional<std::uint64_t> copy_noted(const Delivery& entry) {
    return entry.journal == 0 && entry.duplicate ? entry.offset : std::nullopt;
}

}  // namespace

struct Journal::Impl : std::enable_shared_from_this<Journal::Impl> {
    struct Segment {
        std::string path;
        std::set<std::uint64_t> unsettled;
    };
    using Segments = std::map<std::uint64_t, Segment>;  // by the first number; the last is written to

    /// What a delivery keeps: when nobody does any longer, its entry is settled.
    struct Settles {
        std::weak_ptr<Impl> journal;
        std::uint64_t segment, number;
        Settles(std::weak_ptr<Impl> of, std::uint64_t in, std::uint64_t which)
            : journal(std::move(of)), segment(in), number(which) {}
        Settles(const Settles&) = delete;
        Settles& operator=(const Settles&) = delete;
        ~Settles() {
            if (const auto still = journal.lock())
                still->settle(segment, number);
        }
    };

    std::string directory;
    std::size_t segment_bytes = 0;
    mutable std::mutex mutex;
    Segments segments;
    int file = -1;
    std::size_t size = 0;  // of the segment that is written to
    std::uint64_t next = 1;
    std::vector<Entry> earlier;  // of former processes; receipts are given when they are taken
    std::vector<std::pair<std::uint64_t, std::string>> damage;
    std::map<std::pair<std::string, std::string>, std::uint64_t> offsets;  // by broker and filter
    std::set<std::uint64_t> copies;                                        // numbers of entries that are second copies
    std::vector<std::string> without_entries;                              // segments of former processes

    ~Impl() {
        if (file >= 0)
            ::close(file);
    }
    Result<void> read_segments();
    Result<void> begin_segment();
    Result<void> write(const std::string& bytes);
    void note_offset(const std::string& broker, const Delivery& delivery);
    void settle(std::uint64_t segment, std::uint64_t number);
    void remove_settled();
    Receipt make_receipt(std::uint64_t segment, std::uint64_t number) {
        return std::make_shared<Settles>(weak_from_this(), segment, number);
    }
};

Result<void> Journal::Impl::read_segments() {
    const auto paths = find_segments(directory);
    if (!paths)
        return paths.error();
    for (const auto& path : *paths) {
        const auto bytes = read_whole(path);
        if (!bytes)
            return bytes.error();
        std::string_view rest = *bytes;
        std::optional<std::uint64_t> first;
        while (!rest.empty()) {
            auto entry = read_journal_entry(rest);
            if (!entry) {
                damage.emplace_back(next, path + ": " + entry.error().text);
                break;
            }
            if (const auto copy = copy_noted(entry->delivery)) {
                copies.insert(*copy);
                continue;
            }
            note_offset(entry->broker, entry->delivery);
            const std::uint64_t number = entry->delivery.journal;
            if (number == 0)
                continue;
            first = first.value_or(number);
            segments.try_emplace(*first, Segment{path, {}}).first->second.unsettled.insert(number);
            next = std::max(next, number + 1);
            earlier.push_back(std::move(*entry));
        }
        if (!first)
            without_entries.push_back(path);
    }
    std::erase_if(earlier, [this](const Entry& entry) { return copies.contains(entry.delivery.journal); });
    for (auto& [first, segment] : segments)
        std::erase_if(segment.unsettled, [this](std::uint64_t number) { return copies.contains(number); });
    return {};
}

/// An entry with no number is of its offset alone: with none, it is forgotten.
void Journal::Impl::note_offset(const std::string& broker, const Delivery& delivery) {
    if (delivery.offset)
        offsets[{broker, delivery.filter}] = *delivery.offset;
    else if (delivery.journal == 0)
        offsets.erase({broker, delivery.filter});
}

/// The notes go with it from the beginning: those of former segments are lost with them.
Result<void> Journal::Impl::begin_segment() {
    const std::string path = segment_path(directory, next), unnamed = path + ".new";
    const int fresh = ::open(unnamed.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fresh < 0)
        return system_error(path, "cannot be written");
    std::string head;
    for (const auto& [whose, offset] : offsets) {
        Delivery last;
        last.filter = whose.second;
        last.offset = offset;
        head += write_journal_entry(whose.first, last);
    }
    copies.erase(copies.begin(), copies.lower_bound(segments.empty() ? next : segments.begin()->first));
    for (const std::uint64_t number : copies)
        head += write_journal_entry({}, make_copy_note(number));
    std::optional<Error> error;
    if (const ssize_t written = ::write(fresh, head.data(), head.size()); written != static_cast<ssize_t>(head.size()))
        error = write_error(path, written);
    else if (::rename(unnamed.c_str(), path.c_str()) != 0)
        error = system_error(unnamed, "cannot be renamed");
    if (error) {
        ::close(fresh);
        return *error;
    }
    if (file >= 0)
        ::close(file);
    file = fresh;
    size = head.size();
    segments[next] = Segment{path, {}};
    remove_settled();
    return {};
}

Result<void> Journal::Impl::write(const std::string& bytes) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written == static_cast<ssize_t>(bytes.size())) {
        size += bytes.size();
        return {};
    }
    auto error = write_error(segments.rbegin()->second.path, written);
    // A torn entry would hide those that follow it.
    if (written > 0 && ::ftruncate(file, static_cast<off_t>(size)) != 0)
        size = segment_bytes;
    return error;
}

void Journal::Impl::settle(std::uint64_t segment, std::uint64_t number) {
    const std::lock_guard lock(mutex);
    const auto found = segments.find(segment);
    if (found == segments.end())
        return;
    found->second.unsettled.erase(number);
    if (found->second.unsettled.empty())
        remove_settled();
}

/// All but the one that is written to.
void Journal::Impl::remove_settled() {
    for (auto segment = segments.begin(); segment != std::prev(segments.end());) {
        if (segment->second.unsettled.empty()) {
            ::unlink(segment->second.path.c_str());
            segment = segments.erase(segment);
        } else {
            ++segment;
        }
    }
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& directory, std::uint64_t number_after,
                                               std::size_t segment_bytes) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return system_error(directory, "cannot be made");
    auto impl = std::make_shared<Impl>();
    impl->directory = directory;
    impl->segment_bytes = segment_bytes;
    impl->next = number_after + 1;
    if (const auto read = impl->read_segments(); !read)
        return read.error();
    if (const auto begun = impl->begin_segment(); !begun)
        return begun.error();
    for (const auto& path : std::exchange(impl->without_entries, {}))
        if (path != impl->segments.rbegin()->second.path)
            ::unlink(path.c_str());
    return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

Journal::~Journal() = default;

std::vector<Journal::Entry> Journal::take_unsettled(const std::function<void(const std::string&)>& told) {
    for (const auto& [number, trouble] : std::exchange(impl_->damage, {}))
        told(trouble);
    auto entries = std::exchange(impl_->earlier, {});
    for (Entry& entry : entries) {
        const std::uint64_t number = entry.delivery.journal;
        const std::lock_guard lock(impl_->mutex);
        const auto segment = std::prev(impl_->segments.upper_bound(number));
        entry.delivery.receipt = impl_->make_receipt(segment->first, number);
    }
    return entries;
}

Result<void> Journal::append(const std::string& broker, Delivery& delivery) {
    Impl& impl = *impl_;
    // Whose last receipt this is settles its entry, and wants the lock for that.
    const Receipt former = std::exchange(delivery.receipt, {});
    const std::lock_guard lock(impl.mutex);
    if (impl.size >= impl.segment_bytes)
        if (const auto begun = impl.begin_segment(); !begun)
            return begun;
    delivery.journal = impl.next;
    if (const auto written = impl.write(write_journal_entry(broker, delivery)); !written) {
        delivery.journal = 0;
        return written;
    }
    impl.note_offset(broker, delivery);
    auto& [first, segment] = *impl.segments.rbegin();
    segment.unsettled.insert(impl.next);
    delivery.receipt = impl.make_receipt(first, impl.next);
    ++impl.next;
    return {};
}

std::map<std::string, std::uint64_t> Journal::offsets(const std::string& broker) const {
    const std::lock_guard lock(impl_->mutex);
    std::map<std::string, std::uint64_t> out;
    for (const auto& [whose, offset] : impl_->offsets)
        if (whose.first == broker)
            out.emplace(whose.second, offset);
    return out;
}

/// Where the disk does not take it, the next segment lacks it all the same.
void Journal::forget_offset(const std::string& broker, const std::string& filter) {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->offsets.erase({broker, filter}) == 0)
        return;
    Delivery none;
    none.filter = filter;
    (void)impl_->write(write_journal_entry(broker, none));
}

void Journal::note_copy(std::uint64_t number) {
    const std::lock_guard lock(impl_->mutex);
    impl_->copies.insert(number);
    (void)impl_->write(write_journal_entry({}, make_copy_note(number)));
}

std::uint64_t Journal::low() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->segments.begin()->first;
}

}  // namespace mucbridge
