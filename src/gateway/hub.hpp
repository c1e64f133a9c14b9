#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "gateway/admission.hpp"
#include "gateway/door.hpp"
#include "gateway/link.hpp"
#include "gateway/logins.hpp"
#include "gateway/loop.hpp"
#include "gateway/registry.hpp"
#include "gateway/rooms.hpp"
#include "gateway/sessions.hpp"
#include "mapping/mapper.hpp"
#include "mapping/seal.hpp"
#include "store/accounts.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace mucbridge {

/// The stages joined on their loops, without sockets of clients and without threads: the gateway adds those, scenes and
/// fuzzers do without. Sessions live on the loop that took them in, a room on the loop that its name hashes to, a link
/// on the first loop, what is known of a user on the loop that the bare JID hashes to. Between loops go values, posted.
class Hub {
public:
    struct Parts {
        Config config;
        std::shared_ptr<const Mapper> mapper;
        std::shared_ptr<const Seal> seal;
        std::unique_ptr<Accounts> accounts;  // with login accounts
        std::unique_ptr<Journal> journal;    // null: nothing that brokers deliver is journalled
        std::unique_ptr<Store> store;        // null: one in memory, that poll() runs
        unsigned loops = 1;
        std::function<Now()> clock = read_clocks;
        Link::Open open;
    };

    /// Restores what the store and the journal have of earlier processes, too.
    static Result<std::unique_ptr<Hub>> make(Parts parts);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    const Config& config() const { return parts_.config; }
    const Mapper& mapper() const { return *parts_.mapper; }
    const std::shared_ptr<const Mapper>& shared_mapper() const { return parts_.mapper; }
    const Seal& seal() const { return *parts_.seal; }
    Store& store() { return *parts_.store; }
    Journal* journal() { return parts_.journal.get(); }

    unsigned loop_count() const { return loop_count_; }
    Loop& loop(unsigned index) { return shards_[index]->loop; }
    Sessions& sessions(unsigned index) { return shards_[index]->sessions; }
    Rooms& rooms(unsigned index) { return shards_[index]->rooms; }
    Registry& registry(unsigned index) { return shards_[index]->registry; }
    unsigned loop_of(std::string_view name) const;  // of a room's bare JID or a user's name

    /// Whether rooms live at this domain.
    bool is_service(std::string_view domain) const;
    /// One more door, on its loop; the number that its routes have.
    std::uint32_t add_door(unsigned loop, Door& door);
    /// A way to the users beyond a component: `send` is called on that loop, with stanzas from `domain`.
    void add_exit(std::string domain, unsigned loop, std::function<void(const Element&)> send);

    /// Of all loops.
    std::atomic<std::size_t>& room_count() { return room_count_; }
    std::atomic<std::size_t>& persistent_room_count() { return persistent_room_count_; }
    Admission& admission() { return admission_; }
    Logins& logins() { return *logins_; }

    /// Null for a name that no rule can give: the mapper knows the configured ones only.
    Link* link(const std::string& broker);
    std::vector<Link*> links();
    /// Expires before anything here is torn down: for what may be dropped in the middle of that.
    std::weak_ptr<Hub*> guard() const { return guard_; }

    /// Runs the task on that loop: at once where `here` is that loop, else posted.
    /// What it is given besides is copied for another loop only: most that happens stays on its own.
    template <class Task, class... Given>
    void on_loop(unsigned here, unsigned there, Task task, const Given&... given) {
        if (here == there)
            task(given...);
        else
            loop(there).post([task = std::move(task), ... given = given]() mutable { task(given...); });
    }
    /// Gives the stanza to every session of the audience; it crosses to another loop once, not once per occupant.
    void tell(unsigned here, const Audience& audience, std::shared_ptr<const SharedStanza> stanza);
    void tell(unsigned here, const Route& to, std::shared_ptr<const SharedStanza> stanza);

    /// A stanza that already names its addressee.
    void tell_element(unsigned here, const Route& to, const Element& stanza);
    /// To a user wherever he is: of our own domain, or through the component that serves the sender's domain. Dropped
    /// where nobody can be reached so.
    void tell_jid(unsigned here, const Jid& to, const Element& stanza);
    /// The session is not in that room (any longer).
    void forget_room(unsigned here, const Route& route, const std::string& room);
    /// Rooms of this loop have taken most of what the session led there.
    void catch_up(unsigned here, const Route& route);

    /// For loops that were not started: runs all of them until nothing is ready.
    void poll();

private:
    struct Shard {
        Shard(Hub& hub, unsigned index, const std::function<Now()>& clock)
            : loop(index, clock), sessions(hub, index), rooms(hub, index), registry(hub, index), doors{&sessions} {
            sessions.backlog().set_relief([this] { loop.turn_end().relieve(); });
        }
        Loop loop;
        Sessions sessions;
        Rooms rooms;
        Registry registry;
        std::vector<Door*> doors;  // by their numbers
    };

    explicit Hub(Parts parts);
    struct Exit {
        std::string domain;
        unsigned loop;
        std::function<void(const Element&)> send;
    };
    Door& door(const Route& route) { return *shards_[route.loop]->doors[route.door]; }
    void tell_beyond(unsigned here, const Element& stanza);
    LinkEvents make_link_events(const std::string& broker);

    // hub_restore.cpp
    Result<void> restore();
    Result<void> restore_rooms(const std::vector<SpooledLine>& spooled);
    Result<void> open_persistent_rooms();
    Result<void> restore_links(const std::vector<SpooledLine>& spooled);
    void restore_line(Link& link, const SpooledLine& line);
    void replay_journal();
    void prune_archive_later();
    std::unique_ptr<Logins> make_logins();

    std::shared_ptr<Hub*> guard_ = std::make_shared<Hub*>(this);
    Parts parts_;
    const unsigned loop_count_;
    Admission admission_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::shared_ptr<BrokerCalls> broker_calls_ = std::make_shared<BrokerCalls>();
    std::map<std::string, std::unique_ptr<Link>> links_;
    std::vector<Exit> exits_;
    std::atomic<std::size_t> room_count_ = 0, persistent_room_count_ = 0;
    std::unique_ptr<Logins> logins_;  // last: its threads answer to the loops
};

/// Where every link lives.
inline constexpr unsigned link_loop = 0;

}  // namespace mucbridge
