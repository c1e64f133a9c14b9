#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.hpp"
#include "gateway/admission.hpp"

namespace mucbridge {

/// How long a wrong password's refusal waits: the longer the more wrong ones came of late from that address or for that
/// name, whether anybody has the name or not. A right password is not its business.
class LoginThrottle {
public:
    static constexpr std::chrono::milliseconds per_failure{250}, longest{3000};
    static constexpr std::chrono::seconds forgiven_after{10};  // one failure is, in this time
    static constexpr std::size_t most_failures = 24;           // that are counted
    static constexpr std::size_t most_entries = 10000;         // of addresses and of names; the latest are remembered

    std::chrono::milliseconds on_failure(const PeerNet& net, std::string_view name, Tick now);

private:
    /// The failures of those who failed last. Constant in time and bounded in memory, whoever tries what.
    class Recent {
    public:
        std::size_t add(const std::string& key, Tick now);

    private:
        struct Entry {
            std::string key;
            std::size_t failures = 0;
            Tick since;  // when the oldest of them that is not forgiven came, or the one before it was forgiven
        };
        std::list<Entry> entries_;  // the latest first
        std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
    };

    Recent nets_, names_;
};

}  // namespace mucbridge
