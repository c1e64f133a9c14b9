#include "gateway/gateway.hpp"

#include <sched.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "broker/broker.hpp"
#include "gateway/component_door.hpp"
#include "gateway/hub.hpp"
#include "gateway/listeners.hpp"
#include "gateway/state.hpp"
#include "store/accounts.hpp"
#include "version.hpp"

namespace mucbridge {

namespace {

/// As many loops as processors that this process may use.
unsigned count_processors() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) == 0)
        return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
    return std::max(1U, std::thread::hardware_concurrency());
}

/// Does the task on a loop and waits for what it answers; from outside of the loops.
template <class Task>
auto ask(Loop& loop, Task task) {
    std::promise<decltype(task())> answer;
    auto future = answer.get_future();
    loop.post([&] { answer.set_value(task()); });
    return future.get();
}

nlohmann::ordered_json to_json(const std::vector<LineSetAside>& lines) {
    auto out = nlohmann::ordered_json::array();
    for (const LineSetAside& line : lines)
        out.push_back({{"room", line.room},
                       {"id", line.id},
                       {"reason", line.reason},
                       {"set_aside_at", to_rfc3339(line.set_aside_at)}});
    return out;
}

}  // namespace

struct Gateway::Impl {
    std::unique_ptr<State> state;
    std::unique_ptr<Hub> hub;
    std::unique_ptr<Listeners> listeners;
    struct Placed {
        unsigned loop;
        std::unique_ptr<ComponentDoor> door;
    };
    std::vector<Placed> components;
    Now started = read_clocks();
    bool running = false;

    void add_components();
    void close_streams();
    void wait_for_lines(std::chrono::milliseconds patience);
    template <class Task>
    void on_each_loop(Task task) {
        for (unsigned index = 0; index < hub->loop_count(); ++index)
            ask(hub->loop(index), [&] { return task(index), true; });
    }
};

/// Of the disk; "" where all that it was to take is on it.
static std::string describe_trouble(const std::string& latest, std::size_t not_archived, std::size_t owed) {
    if (!latest.empty() || not_archived + owed == 0)
        return latest;
    return std::to_string(not_archived) + " lines that the disk did not take are tried again, and " +
           std::to_string(owed) + " that are published wait to leave the spool";
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Gateway::~Gateway() {
    if (impl_->running)
        stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Gateway>> Gateway::make(Config config) {
    auto impl = std::make_unique<Impl>();
    auto state = State::open(config);
    if (!state)
        return state.error();
    impl->state = std::move(*state);
    auto mapper = Mapper::make(config, impl->state->seal());
    if (!mapper)
        return mapper.error();
    Hub::Parts parts;
    auto store = Store::open(Accounts::path_in(config.state), config.store.durability);
    if (!store)
        return store.error();
    const auto last_journal = (*store)->tables().archive.last_journal();
    if (!last_journal)
        return last_journal.error();
    auto journal = Journal::open(config.state + "/journal", *last_journal);
    if (!journal)
        return journal.error();
    parts.store = std::move(*store);
    parts.journal = std::move(*journal);
    if (config.login == Login::accounts) {
        auto accounts = Accounts::open(Accounts::path_in(config.state));
        if (!accounts)
            return accounts.error();
        parts.accounts = std::make_unique<Accounts>(std::move(*accounts));
    }
    parts.loops = config.loops == 0 ? count_processors() : config.loops;
    parts.mapper = *mapper;
    parts.seal = impl->state->seal();
    parts.open = [identity = BrokerIdentity{.origin = impl->state->origin(), .announces = true, .state = config.state}](
                     const BrokerConfig& broker, BrokerEvents events) {
        return open_broker(broker, identity, std::move(events));
    };
    parts.config = std::move(config);
    auto hub = Hub::make(std::move(parts));
    if (!hub)
        return hub.error();
    impl->hub = std::move(*hub);
    auto listeners = Listeners::open(*impl->hub);
    if (!listeners)
        return listeners.error();
    impl->listeners = std::move(*listeners);
    impl->add_components();
    return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

void Gateway::Impl::add_components() {
    const auto& configured = hub->config().components;
    for (unsigned index = 0; index < configured.size(); ++index) {
        const unsigned loop = index % hub->loop_count();
        components.push_back({loop, std::make_unique<ComponentDoor>(*hub, loop, configured[index])});
    }
}

void Gateway::start() {
    impl_->running = true;
    impl_->started = read_clocks();
    impl_->hub->store().start();
    for (Link* link : impl_->hub->links())
        impl_->hub->loop(link_loop).post([link] { link->connect(); });
    for (auto& [loop, door] : impl_->components)
        impl_->hub->loop(loop).post([door = door.get()] { door->start(); });
    for (unsigned index = 0; index < impl_->hub->loop_count(); ++index)
        impl_->hub->loop(index).start();
    const Config& config = impl_->hub->config();
    for (const auto& url : listening())
        spdlog::info("listening on {}; domain {}, rooms at {}", url, config.domain, config.rooms_domain);
}

void Gateway::Impl::wait_for_lines(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
        std::size_t in_flight = 0;
        on_each_loop([&](unsigned index) { in_flight += hub->rooms(index).in_flight(); });
        if (in_flight == 0)
            return;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

/// The streams' last words are written and answered; a peer that does not answer is not waited for longer.
void Gateway::Impl::close_streams() {
    on_each_loop([&](unsigned index) { hub->sessions(index).shut_down(); });
    for (auto& [loop, door] : components)
        ask(hub->loop(loop), [&door = door] { return door->stop(), true; });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    for (std::size_t open = 1; open > 0 && std::chrono::steady_clock::now() < deadline;) {
        open = 0;
        on_each_loop([&](unsigned index) { open += hub->sessions(index).count(); });
        for (auto& [loop, door] : components)
            open += ask(hub->loop(loop), [&door = door] { return door->is_over() ? 0U : 1U; });
        if (open > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

void Gateway::stop(std::chrono::milliseconds patience) {
    Impl& impl = *impl_;
    if (!impl.running)
        return;
    impl.running = false;
    ask(impl.hub->loop(0), [&] { return impl.listeners->stop(), true; });
    impl.wait_for_lines(patience);
    impl.on_each_loop([&](unsigned index) { impl.hub->rooms(index).shut_down(); });
    impl.close_streams();
    for (unsigned index = 0; index < impl.hub->loop_count(); ++index)
        impl.hub->loop(index).stop();
    for (Link* link : impl.hub->links())
        link->close();
    for (unsigned index = 0; index < impl.hub->loop_count(); ++index)
        impl.hub->rooms(index).archiver().flush();
    impl.hub->store().stop();
}

std::vector<std::string> Gateway::listening() const { return impl_->listeners->urls(); }

Result<void> Gateway::reload_certificates() { return impl_->listeners->reload_certificates(); }

std::string Gateway::status() {
    using nlohmann::ordered_json;
    Impl& impl = *impl_;
    std::size_t sessions = 0, rooms = 0, occupants = 0, pauses = 0, not_archived = 0, owed = 0;
    Counters lines;
    impl.on_each_loop([&](unsigned index) {
        sessions += impl.hub->sessions(index).count();
        pauses += impl.hub->sessions(index).pauses();
        rooms += impl.hub->rooms(index).count();
        occupants += impl.hub->rooms(index).occupant_count();
        lines += impl.hub->rooms(index).counters();
        not_archived += impl.hub->rooms(index).archiver().waiting_again();
    });
    bool is_ready = true;
    ordered_json brokers = ordered_json::object();
    ask(impl.hub->loop(link_loop), [&] {
        for (const Link* link : impl.hub->links()) {
            const LinkStatus status = link->status();
            is_ready = is_ready && status.state == "up";
            owed += status.owed;
            brokers[link->name()] = {
                {"state", status.state},     {"protocol", status.facts.protocol},   {"endpoint", status.facts.endpoint},
                {"reason", status.reason},   {"in_flight", status.in_flight},       {"waiting", status.waiting},
                {"spooled", status.spooled}, {"set_aside", status.set_aside.count}, {"unheard", status.unheard}};
            if (!status.set_aside.latest.empty())
                brokers[link->name()]["set_aside_lines"] = to_json(status.set_aside.latest);
        }
        return true;
    });
    ordered_json components = ordered_json::array();
    for (auto& [loop, door] : impl.components) {
        const ComponentStatus status = ask(impl.hub->loop(loop), [&door = door] { return door->status(); });
        is_ready = is_ready && status.is_up;
        sessions += status.sessions;
        components.push_back({{"domain", status.domain},
                              {"server", status.server},
                              {"state", status.is_up ? "up" : "connecting"},
                              {"reason", status.reason},
                              {"sessions", status.sessions}});
    }
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(read_clocks().tick - impl.started.tick);
    const std::string trouble = describe_trouble(impl.hub->store().trouble(), not_archived, owed);
    ordered_json out;
    out["ready"] = is_ready;
    out["version"] = MUCBRIDGE_VERSION;
    out["uptime_seconds"] = uptime.count();
    out["listen"] = listening();
    out["domain"] = impl.hub->config().domain;
    out["rooms_domain"] = impl.hub->config().rooms_domain;
    out["origin"] = impl.state->origin();
    out["sessions"] = sessions;
    out["rooms"] = rooms;
    out["occupants"] = occupants;
    out["persistent_rooms"] = impl.hub->persistent_room_count().load();
    if (!components.empty())
        out["components"] = std::move(components);
    out["brokers"] = std::move(brokers);
    out["lines"] = {
        {"published", lines.published},       {"refused", lines.refused},       {"said", lines.said},
        {"foreign", lines.foreign},           {"duplicates", lines.duplicates}, {"mirrored", lines.mirrored},
        {"not_mirrored", lines.not_mirrored}, {"not_echoed", lines.not_echoed}, {"not_confirmed", lines.not_confirmed},
        {"spooled", lines.spooled},           {"dropped", lines.dropped}};
    out["store"] = {{"state", trouble.empty() ? "well" : "failing"},
                    {"reason", trouble},
                    {"waiting_bytes", impl.hub->store().waiting_bytes()},
                    {"archived", lines.archived}};
    const Admission::Counts admission = impl.hub->admission().counts();
    out["limits"] = {{"refused_connections", admission.refused_connections},
                     {"closed_unauthenticated", admission.closed_unauthenticated},
                     {"refused_logins", impl.hub->logins().refused()},
                     {"delayed_handshakes", admission.delayed_handshakes},
                     {"paused_reads", pauses}};
    return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace mucbridge
