#include "gateway/logins.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <map>

#include "gateway/broker_logins.hpp"
#include "store/accounts.hpp"
#include "store/scratch.hpp"

namespace mucbridge {
namespace {

using namespace std::chrono_literals;

constexpr WallTime made{1763850000s};

/// Stands for the loops: what is posted waits here, and runs on the test's thread.
class Mailbox {
public:
    void post(std::function<void()> task) {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
        changed_.notify_all();
    }
    bool run_one() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 10s, [this] { return !tasks_.empty(); }))
            return false;
        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
};

/// Logins with a clock wound by hand.
struct House {
    explicit House(Login login, std::unique_ptr<Accounts> accounts = nullptr, BrokerConfig broker = {}) {
        Logins::Parts parts;
        parts.login = login;
        parts.accounts = std::move(accounts);
        parts.broker = std::move(broker);
        parts.post = [this](unsigned, std::function<void()> task) { mailbox.post(std::move(task)); };
        parts.at = [this](unsigned, Tick when, std::function<void()> task) { timers.emplace(when, std::move(task)); };
        parts.clock = [this] { return Now{now, made}; };
        logins = std::make_unique<Logins>(std::move(parts));
    }

    LoginAnswer try_password(const std::string& name, const std::string& password) {
        std::optional<LoginAnswer> got;
        logins->authenticate(0, name, password, [&](LoginAnswer answer) { got = answer; });
        while (!got)
            REQUIRE(mailbox.run_one());
        return *got;
    }
    std::optional<ScramVerifier> find(const std::string& name, ScramHash hash = ScramHash::sha256) {
        bool is_there = false;
        std::optional<ScramVerifier> got;
        logins->find_verifier(0, name, hash, [&](std::optional<ScramVerifier> found) {
            got = std::move(found);
            is_there = true;
        });
        while (!is_there)
            REQUIRE(mailbox.run_one());
        return got;
    }

    Tick now{1000s};
    Mailbox mailbox;
    std::multimap<Tick, std::function<void()>> timers;
    std::unique_ptr<Logins> logins;
};

std::unique_ptr<Accounts> make_accounts(const std::string& path) {
    auto accounts = Accounts::open(path, 50ms);
    REQUIRE(accounts.has_value());
    REQUIRE(accounts->add("romeo", "art thou", made).value());
    return std::make_unique<Accounts>(std::move(*accounts));
}

BrokerConfig named(const std::string& name) {
    BrokerConfig broker;
    broker.name = name;
    return broker;
}

}  // namespace

TEST_CASE("with login open any password is right, with login anonymous none") {
    CHECK(House(Login::open).try_password("romeo", "x") == LoginAnswer::right);
    CHECK(House(Login::anonymous).try_password("romeo", "x") == LoginAnswer::wrong);
    CHECK_FALSE(House(Login::open).find("romeo").has_value());
}

TEST_CASE("with login accounts the account's password is right, and no other name or password") {
    House house(Login::accounts, make_accounts(":memory:"));
    CHECK(house.try_password("romeo", "art thou") == LoginAnswer::right);
    CHECK(house.try_password("romeo", "art thou ") == LoginAnswer::wrong);
    CHECK(house.try_password("romeo", "") == LoginAnswer::wrong);
    CHECK(house.try_password("juliet", "art thou") == LoginAnswer::wrong);
    CHECK(house.try_password("", "") == LoginAnswer::wrong);
}

TEST_CASE("a verifier is the account's, or one for a name that nobody has") {
    House house(Login::accounts, make_accounts(":memory:"));
    const auto known = house.find("romeo", ScramHash::sha1);
    REQUIRE(known.has_value());
    CHECK(known->stored_key ==
          make_scram_verifier(ScramHash::sha1, "art thou", known->salt, known->iterations).stored_key);
    const auto unknown = house.find("juliet");
    REQUIRE(unknown.has_value());
    CHECK(unknown->salt == house.find("juliet")->salt);
}

TEST_CASE("a database that cannot be asked makes logins unavailable, not wrong, and passes") {
    const Scratch scratch;
    House house(Login::accounts, make_accounts(scratch.path()));
    auto holder = Database::open(scratch.path());
    REQUIRE(holder->run("ALTER TABLE verifier RENAME TO hidden").has_value());
    CHECK(house.try_password("romeo", "art thou") == LoginAnswer::unavailable);
    CHECK_FALSE(house.find("romeo").has_value());
    REQUIRE(holder->run("ALTER TABLE hidden RENAME TO verifier").has_value());
    CHECK(house.try_password("romeo", "art thou") == LoginAnswer::right);
}

TEST_CASE("what another program changes holds for the next login") {
    const Scratch scratch;
    House house(Login::accounts, make_accounts(scratch.path()));
    auto others = Accounts::open(scratch.path());
    REQUIRE(others->add("juliet", "capulet", made).value());
    CHECK(house.try_password("juliet", "capulet") == LoginAnswer::right);
    REQUIRE(others->set_password("juliet", "montague", made).value());
    CHECK(house.try_password("juliet", "capulet") == LoginAnswer::wrong);
    REQUIRE(others->remove("juliet").value());
    CHECK(house.try_password("juliet", "montague") == LoginAnswer::wrong);
}

TEST_CASE("more than can be judged soon is unavailable at once, and the rest is answered") {
    House house(Login::accounts, make_accounts(":memory:"));
    int right = 0, unavailable = 0;
    constexpr int asked = 400;
    for (int number = 0; number < asked; ++number)
        house.logins->authenticate(0, "romeo", "art thou",
                                   [&](LoginAnswer answer) { ++(answer == LoginAnswer::right ? right : unavailable); });
    while (right + unavailable < asked)
        REQUIRE(house.mailbox.run_one());
    CHECK(right >= 256);
    CHECK(unavailable > 0);
}

TEST_CASE("refusals wait the longer the more there are, for names that somebody has and for others alike") {
    House house(Login::accounts, make_accounts(":memory:"));
    const auto wait_of = [&house](const std::string& peer, const std::string& name) {
        house.timers.clear();
        bool is_called = false;
        house.logins->delay_refusal(0, peer, name, [&](bool) { is_called = true; });
        REQUIRE(house.timers.size() == 1);
        CHECK_FALSE(is_called);
        const auto wait = house.timers.begin()->first - house.now;
        house.timers.begin()->second();
        CHECK(is_called);
        return wait;
    };
    CHECK(wait_of("192.0.2.1:1000", "romeo") == 250ms);
    CHECK(wait_of("192.0.2.2:1000", "nobody") == 250ms);
    CHECK(wait_of("192.0.2.1:1001", "romeo") == 500ms);
    CHECK(wait_of("192.0.2.2:1001", "nobody") == 500ms);
    for (int wrong = 0; wrong < 1000; ++wrong)
        house.logins->delay_refusal(0, "192.0.2.1:2000", "romeo", [](bool) {});
    CHECK(wait_of("192.0.2.1:1001", "romeo") == 3s);
    // The right one does not.
    CHECK(house.try_password("romeo", "art thou") == LoginAnswer::right);
    CHECK(house.logins->refused() == 1005);
}

TEST_CASE("the broker that judges is main, or the first rule's") {
    Config config;
    config.brokers = {named("east"), named("west")};
    CHECK(find_login_broker(config)->name == "east");
    config.rules.resize(1);
    config.rules.front().broker = "west";
    CHECK(find_login_broker(config)->name == "west");
    config.brokers.push_back(named("main"));
    CHECK(find_login_broker(config)->name == "main");
    config.brokers.clear();
    CHECK(find_login_broker(config) == nullptr);
}

TEST_CASE("a broker that cannot be reached makes logins unavailable, and no password is wrong without asking") {
    BrokerConfig broker;
    broker.url = "mqtt://127.0.0.1:1";
    House house(Login::broker, nullptr, broker);
    CHECK(house.try_password("romeo", "") == LoginAnswer::wrong);
    CHECK(house.try_password("romeo", "x") == LoginAnswer::unavailable);
    CHECK_FALSE(house.find("romeo").has_value());
}

TEST_CASE("logins that wait for a broker do not hold up the end") {
    BrokerConfig broker;
    broker.url = "memory:logins_test";
    auto house = std::make_unique<House>(Login::broker, nullptr, broker);
    for (int number = 0; number < 100; ++number)
        house->logins->authenticate(0, "romeo", "x", [](LoginAnswer) {});
    const auto started = std::chrono::steady_clock::now();
    house->logins.reset();
    CHECK(std::chrono::steady_clock::now() - started < 4s);
}

}  // namespace mucbridge
