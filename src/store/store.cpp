#include "store/store.hpp"

#include <utility>

namespace mucbridge {

namespace {

/// A batch longer than this would make the first of it wait for the last.
constexpr std::size_t most_at_once = 2000;

}  // namespace

Result<std::unique_ptr<Tables>> Tables::open(const std::string& path) {
    auto opened = Database::open(path);
    if (!opened)
        return opened.error();
    auto database = std::make_unique<Database>(std::move(*opened));
    auto spool = Spool::open(*database);
    if (!spool)
        return spool.error();
    auto archive = Archive::open(*database);
    if (!archive)
        return archive.error();
    auto rooms = KeptRooms::open(*database);
    if (!rooms)
        return rooms.error();
    return std::unique_ptr<Tables>(
        new Tables{std::move(database), std::move(*spool), std::move(*archive), std::move(*rooms)});
}

Result<std::unique_ptr<Store>> Store::open(const std::string& path, Durability durability) {
    auto tables = Tables::open(path);
    if (!tables)
        return tables.error();
    // With a write-ahead log NORMAL does without the fsync at each commit: what the kernel has survives the process.
    if (durability == Durability::process)
        if (const auto set = (*tables)->database->run("PRAGMA synchronous = NORMAL"); !set)
            return set.error();
    return std::unique_ptr<Store>(new Store(path, std::move(*tables)));
}

Store::~Store() {
    stop();
    while (poll()) {
    }
}

void Store::write(std::size_t bytes, Job job, Done done) {
    {
        const std::lock_guard lock(mutex_);
        bytes_ += bytes;
        asked_.push_back({bytes, std::move(job), std::move(done)});
    }
    changed_.notify_one();
}

std::size_t Store::waiting_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::string Store::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void Store::start() {
    stop_ = false;
    thread_ = std::thread([this] { run(); });
}

void Store::stop() {
    if (!thread_.joinable())
        return;
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Store::run() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stop_ || !asked_.empty(); });
            if (asked_.empty())
                return;
        }
        poll();
    }
}

bool Store::poll() {
    std::deque<Asked> batch;
    {
        const std::lock_guard lock(mutex_);
        while (!asked_.empty() && batch.size() < most_at_once) {
            batch.push_back(std::move(asked_.front()));
            asked_.pop_front();
        }
    }
    if (batch.empty())
        return false;
    commit(std::move(batch));
    return true;
}

/// Where the batch fails as a whole, each job is tried alone: the trouble of one is not another's.
void Store::commit(std::deque<Asked> batch) {
    const auto together = commit_all(batch);
    const bool must_try_each = !together && batch.size() > 1;
    // A full disk is perhaps full of the write-ahead log, whose pages have a place in the database already.
    if (!together)
        (void)tables_->database->run("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!must_try_each)
        note_trouble(together);
    Result<void> worst;
    for (Asked& asked : batch) {
        const auto outcome = must_try_each ? commit_one(asked) : together;
        // What is told of the disk is no older than the answers.
        if (!outcome)
            note_trouble(worst = outcome);
        answer(std::move(asked), outcome);
    }
    note_trouble(worst);
}

void Store::note_trouble(const Result<void>& outcome) {
    const std::lock_guard lock(mutex_);
    trouble_ = outcome ? std::string() : outcome.error().text;
}

/// Its job is forgotten before it is answered: whoever hears the answer finds what it held let go.
void Store::answer(Asked asked, const Result<void>& outcome) {
    asked.job = nullptr;
    {
        const std::lock_guard lock(mutex_);
        bytes_ -= asked.bytes;
    }
    if (asked.done)
        asked.done(outcome);
}

Result<void> Store::commit_all(const std::deque<Asked>& batch) {
    auto transaction = Transaction::begin(*tables_->database);
    if (!transaction)
        return transaction.error();
    for (const Asked& asked : batch)
        if (const auto done = asked.job(*tables_); !done)
            return done;
    return transaction->commit();
}

Result<void> Store::commit_one(const Asked& asked) {
    auto transaction = Transaction::begin(*tables_->database);
    if (!transaction)
        return transaction.error();
    if (const auto done = asked.job(*tables_); !done)
        return done;
    return transaction->commit();
}

}  // namespace mucbridge
