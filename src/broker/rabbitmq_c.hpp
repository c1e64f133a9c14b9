#pragma once

#include <amqp.h>
#include <amqp_framing.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mucbridge {

/// A connection of rabbitmq-c's, ended with its owner: the socket too.
struct EndRabbit {
    void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
};
using Rabbit = std::unique_ptr<std::remove_pointer_t<amqp_connection_state_t>, EndRabbit>;

/// For as long as the text lives.
inline amqp_bytes_t to_bytes(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
inline std::string_view to_view(amqp_bytes_t bytes) {
    return bytes.bytes ? std::string_view(static_cast<const char*>(bytes.bytes), bytes.len) : std::string_view{};
}

/// A decoded method's fields. Wants the method's own type.
template <class Method>
const Method& fields_of(const amqp_method_t& method) {
    return *static_cast<const Method*>(method.decoded);
}

/// "403 ACCESS_REFUSED - access to exchange 'x' in vhost '/' refused": what a close says.
inline std::string describe_close(int code, amqp_bytes_t text) {
    return std::to_string(code) + " " + std::string(to_view(text));
}

/// A table's entries, and what they point to.
class RabbitTable {
public:
    RabbitTable() = default;
    RabbitTable(const RabbitTable&) = delete;
    RabbitTable& operator=(const RabbitTable&) = delete;

    /// Names must outlive the table, and so must texts, but for those that it is given to keep.
    void add_kept(std::string_view name, std::string value) {
        kept_.push_back(std::move(value));
        add(name, std::string_view(kept_.back()));
    }
    void add(std::string_view name, std::string_view value) {
        auto& entry = add(name, AMQP_FIELD_KIND_UTF8);
        entry.value.value.bytes = to_bytes(value);
    }
    void add(std::string_view name, bool value) { add(name, AMQP_FIELD_KIND_BOOLEAN).value.value.boolean = value; }
    void add(std::string_view name, std::int64_t value) { add(name, AMQP_FIELD_KIND_I64).value.value.i64 = value; }
    void add_time(std::string_view name, std::chrono::sys_seconds value) {
        add(name, AMQP_FIELD_KIND_TIMESTAMP).value.value.u64 =
            static_cast<std::uint64_t>(value.time_since_epoch().count());
    }
    void add(std::string_view name, RabbitTable& value) {
        add(name, AMQP_FIELD_KIND_TABLE).value.value.table = value.table();
    }
    amqp_table_t table() { return {static_cast<int>(entries_.size()), entries_.data()}; }

private:
    amqp_table_entry_t& add(std::string_view name, amqp_field_value_kind_t kind) {
        entries_.push_back({to_bytes(name), {static_cast<std::uint8_t>(kind), {}}});
        return entries_.back();
    }
    std::vector<amqp_table_entry_t> entries_;
    std::deque<std::string> kept_;
};

}  // namespace mucbridge
