#include "broker/amqp091_wire.hpp"

#include <optional>

namespace mucbridge {
namespace {

constexpr std::size_t longest_short_string = 255;
constexpr std::string_view app_id = "mucbridge";

std::optional<std::string> to_text(const amqp_field_value_t& value) {
    switch (value.kind) {
        case AMQP_FIELD_KIND_UTF8:
        case AMQP_FIELD_KIND_BYTES:
            return std::string(to_view(value.value.bytes));
        case AMQP_FIELD_KIND_BOOLEAN:
            return value.value.boolean ? "true" : "false";
        case AMQP_FIELD_KIND_I8:
            return std::to_string(value.value.i8);
        case AMQP_FIELD_KIND_U8:
            return std::to_string(value.value.u8);
        case AMQP_FIELD_KIND_I16:
            return std::to_string(value.value.i16);
        case AMQP_FIELD_KIND_U16:
            return std::to_string(value.value.u16);
        case AMQP_FIELD_KIND_I32:
            return std::to_string(value.value.i32);
        case AMQP_FIELD_KIND_U32:
            return std::to_string(value.value.u32);
        case AMQP_FIELD_KIND_I64:
            return std::to_string(value.value.i64);
        case AMQP_FIELD_KIND_U64:
        case AMQP_FIELD_KIND_TIMESTAMP:
            return std::to_string(value.value.u64);
        default:
            return std::nullopt;
    }
}

}  // namespace

Amqp091Properties::Amqp091Properties(const Publication& publication) {
    const auto set = [this](amqp_flags_t flag, amqp_bytes_t& field, std::string_view text) {
        if (text.empty() || text.size() > longest_short_string)
            return;
        properties_._flags |= flag;
        field = to_bytes(text);
    };
    set(AMQP_BASIC_CONTENT_TYPE_FLAG, properties_.content_type, publication.content_type);
    set(AMQP_BASIC_MESSAGE_ID_FLAG, properties_.message_id, publication.id);
    set(AMQP_BASIC_CORRELATION_ID_FLAG, properties_.correlation_id, publication.answers);
    set(AMQP_BASIC_REPLY_TO_FLAG, properties_.reply_to, publication.address);
    set(AMQP_BASIC_APP_ID_FLAG, properties_.app_id, app_id);
    properties_._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties_.delivery_mode = publication.qos > 0 ? AMQP_DELIVERY_PERSISTENT : AMQP_DELIVERY_NONPERSISTENT;
    if (publication.said_at != WallTime{}) {
        properties_._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
        properties_.timestamp = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::seconds>(publication.said_at.time_since_epoch()).count());
    }
    for (const auto& [name, value] : publication.properties)
        if (name.size() <= longest_short_string)
            headers_.add(name, std::string_view(value));
    if (!publication.properties.empty()) {
        properties_._flags |= AMQP_BASIC_HEADERS_FLAG;
        properties_.headers = headers_.table();
    }
}

void read_properties(const amqp_basic_properties_t& properties, Delivery& delivery) {
    if (properties._flags & AMQP_BASIC_CONTENT_TYPE_FLAG)
        delivery.content_type = to_view(properties.content_type);
    const auto add = [&](amqp_flags_t flag, const char* name, amqp_bytes_t text) {
        if (properties._flags & flag)
            delivery.properties.emplace_back(name, to_view(text));
    };
    add(AMQP_BASIC_USER_ID_FLAG, "user-id", properties.user_id);
    add(AMQP_BASIC_REPLY_TO_FLAG, "reply-to", properties.reply_to);
    add(AMQP_BASIC_MESSAGE_ID_FLAG, "message-id", properties.message_id);
    add(AMQP_BASIC_CORRELATION_ID_FLAG, "correlation-id", properties.correlation_id);
    if (!(properties._flags & AMQP_BASIC_HEADERS_FLAG))
        return;
    for (int i = 0; i < properties.headers.num_entries; ++i) {
        const auto& entry = properties.headers.entries[i];
        if (auto text = to_text(entry.value))
            delivery.properties.emplace_back(to_view(entry.key), std::move(*text));
    }
}

}  // namespace mucbridge
