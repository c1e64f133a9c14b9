#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/config.hpp"
#include "store/archive.hpp"
#include "store/database.hpp"
#include "store/kept_rooms.hpp"
#include "store/spool.hpp"

namespace mucbridge {

/// What is in the database of a state directory, beside the accounts.
struct Tables {
    std::unique_ptr<Database> database;
    Spool spool;
    Archive archive;
    KeptRooms rooms;

    /// Errors as Database::open has them.
    static Result<std::unique_ptr<Tables>> open(const std::string& path);
};

/// All that is written while the gateway runs is written here: by one thread, in the order of asking, what gathers
/// meanwhile in one transaction (group commit), and answered when it is safe, as StoreConfig::durability means it.
class Store {
public:
    /// Runs on the store's thread, in a transaction; a second time, alone, where a batch failed that it was in.
    using Job = std::function<Result<void>(Tables&)>;
    /// On the store's thread too, after the commit; or with why it failed: then nothing of that job was done.
    using Done = std::function<void(const Result<void>&)>;

    /// Opens or makes STATE/mucbridge.db; ":memory:" keeps nothing.
    static Result<std::unique_ptr<Store>> open(const std::string& path, Durability durability);
    /// What was asked for before is done first.
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// From any thread. `bytes`: about how much it keeps in memory until it is done.
    void write(std::size_t bytes, Job job, Done done = {});
    /// Of what waits to be written; from any thread.
    std::size_t waiting_bytes() const;
    /// Why the latest commit failed; empty: it did not.
    std::string trouble() const;

    void start();
    /// From another thread: everything asked for before is done when it returns, and the thread has ended.
    void stop();
    /// For a store that was not started: does what waits; false where nothing did.
    bool poll();
    const std::string& path() const { return path_; }
    /// The tables, for whoever reads before start().
    Tables& tables() { return *tables_; }

private:
    struct Asked {
        std::size_t bytes;
        Job job;
        Done done;
    };
    Store(std::string path, std::unique_ptr<Tables> tables) : path_(std::move(path)), tables_(std::move(tables)) {}
    void run();
    void commit(std::deque<Asked> batch);
    void note_trouble(const Result<void>& outcome);
    void answer(Asked asked, const Result<void>& outcome);
    Result<void> commit_all(const std::deque<Asked>& batch);
    Result<void> commit_one(const Asked& asked);

    const std::string path_;
    std::unique_ptr<Tables> tables_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Asked> asked_;
    std::size_t bytes_ = 0;
    std::string trouble_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace mucbridge
