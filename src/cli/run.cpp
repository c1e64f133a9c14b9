#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/check_login.hpp"
#include "cli/check_tls.hpp"
#include "cli/commands.hpp"
#include "cli/config_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/log.hpp"
#include "gateway/control.hpp"
#include "gateway/gateway.hpp"
#include "version.hpp"

namespace mucbridge {
namespace {

/// One descriptor per session: as many as the system lets us have.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Blocked before any thread starts, so that they come to wait() here and to no thread of the gateway's.
class Signals {
public:
    Signals() {
        sigemptyset(&set_);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP})
            sigaddset(&set_, signal);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error of its write
    }

    int wait() const {
        int signal = 0;
        while (sigwait(&set_, &signal) != 0) {
        }
        return signal;
    }

    /// None came in this time: 0.
    int wait(std::chrono::milliseconds time) const {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
        timespec span{};
        span.tv_sec = seconds.count();
        span.tv_nsec = std::chrono::nanoseconds(time - seconds).count();
        const int signal = sigtimedwait(&set_, nullptr, &span);
        return signal > 0 ? signal : 0;
    }

private:
    sigset_t set_{};
};

/// Ends the process where ending it in order takes too long, or is told to by a second signal.
class Watchdog {
public:
    explicit Watchdog(const Signals& signals) : thread_([this, &signals] { watch(signals); }) {}
    ~Watchdog() {
        done_ = true;
        thread_.join();
    }
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    void watch(const Signals& signals) const {
        constexpr std::chrono::milliseconds step{20};
        constexpr std::chrono::milliseconds patience{4800};
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!done_) {
            const int signal = signals.wait(step);
            if (signal == SIGTERM || signal == SIGINT) {
                spdlog::warn("told twice: ending at once");
                std::_Exit(exit_code::try_again);
            }
            if (std::chrono::steady_clock::now() >= deadline) {
                spdlog::error("could not end in order within 5 s: ending at once");
                std::_Exit(exit_code::internal);
            }
        }
    }

    std::atomic<bool> done_{false};
    std::thread thread_;
};

int report_refusal(const Error& error, const Config& config) {
    std::cerr << "mucbridge: " << error.text << '\n';
    const bool is_of_state = error.text.starts_with(config.state);
    return !is_of_state && is_of_config(error.text) ? exit_code::configuration : exit_code::unavailable;
}

std::string_view to_word(Login login) {
    switch (login) {
        case Login::open:
            return "open";
        case Login::anonymous:
            return "anonymous";
        case Login::accounts:
            return "accounts";
        case Login::broker:
            return "broker";
    }
    return {};
}

/// All but the certificate stays as it was.
void reload(Gateway& gateway, const Config& config) {
    if (!config.tls) {
        spdlog::warn("SIGHUP: there is no certificate to reload, and the configuration takes a restart");
        return;
    }
    if (const auto reloaded = gateway.reload_certificates(); !reloaded)
        spdlog::error("SIGHUP: the certificate stays as it was: {}", reloaded.error().text);
    else
        spdlog::info("SIGHUP: certificate reloaded: {} (the rest of the configuration takes a restart)",
                     describe_certificate(config.tls->certificate));
    if (const auto why = why_not_lasting(config.tls->certificate); !why.empty())
        spdlog::warn("/tls/certificate: {}", why);
}

void greet(const Config& config) {
    spdlog::info("mucbridge {}", MUCBRIDGE_VERSION);
    for (const auto& broker : config.brokers)
        spdlog::info("broker {}: {}", broker.name, broker.url);
    constexpr std::string_view which = "mucbridge map foo.bar says which topic that is";
    if (!config.listen.empty())
        spdlog::info("login {}; join a room such as foo.bar@{} ({})", to_word(config.login), config.rooms_domain,
                     which);
    for (const auto& component : config.components)
        spdlog::info("users of {} join rooms such as foo.bar@{} ({})", component.server, component.domain, which);
}

void wait_for_the_end(const Signals& signals, Gateway& gateway, const Config& config) {
    for (;;) {
        const int signal = signals.wait();
        if (signal != SIGHUP) {
            spdlog::info("{}: ending", signal == SIGTERM ? "SIGTERM" : "SIGINT");
            return;
        }
        reload(gateway, config);
    }
}

int run(const ConfigFlags& flags) {
    const Signals signals;
    auto loaded = load_config(flags, read_environment());
    if (loaded.problems.is_fine())
        check_accounts(loaded.config, loaded.problems);
    if (const int code = report_errors(loaded); code != exit_code::ok)
        return code;
    const auto& config = loaded.config;
    set_up_log(config.log_format, config.log_level);
    greet(config);
    for (const auto& warning : loaded.problems.warnings())
        spdlog::warn("{}", warning);
    raise_descriptor_limit();
    auto gateway = Gateway::make(config);
    if (!gateway)
        return report_refusal(gateway.error(), config);
    auto control = ControlServer::open(control_path(config.state), [&gateway] { return (*gateway)->status(); });
    if (!control)
        return report_refusal(control.error(), config);
    (*gateway)->start();
    wait_for_the_end(signals, **gateway, config);
    constexpr std::chrono::seconds patience{3};
    const Watchdog watchdog(signals);
    // Whoever asks for the status is answered by the loops, and stopping ends those.
    control->reset();
    (*gateway)->stop(patience);
    gateway->reset();
    spdlog::info("ended");
    return exit_code::ok;
}

}  // namespace

void add_run(CLI::App& program, Command& chosen) {
    const auto flags = std::make_shared<ConfigFlags>();
    auto* command = program.add_subcommand("run", "Run the gateway");
    add_config_flags(*command, *flags);
    command->footer(
        "Without any flag: clients of this machine connect to xmpp://127.0.0.1:61222 under any name, rooms are at\n"
        "rooms.localhost, and a private broker is started. SIGTERM ends it in order, within 5 s.");
    command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace mucbridge
