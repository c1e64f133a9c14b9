#include "store/journal_entry.hpp"

#include <bit>
#include <boost/crc.hpp>
#include <concepts>

namespace mucbridge {

namespace {

static_assert(std::endian::native == std::endian::little, "entries are written as they lie in memory");

constexpr std::size_t head_bytes = 8;
constexpr std::uint8_t retained_flag = 1, duplicate_flag = 2, offset_flag = 4;

std::uint32_t checksum(std::string_view bytes) {
    boost::crc_32_type crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

template <std::integral Number>
void put(std::string& out, Number number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put(std::string& out, const std::string& text) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
}

/// Reads what put() wrote; `is_short` where there was less.
class Fields {
public:
    explicit Fields(std::string_view bytes) : rest_(bytes) {}

    template <std::integral Number>
    Number number() {
        Number out{};
        if (const auto bytes = take(sizeof out); !bytes.empty())
            bytes.copy(reinterpret_cast<char*>(&out), sizeof out);
        return out;
    }
    std::string text() { return std::string(take(number<std::uint32_t>())); }
    std::string_view take(std::size_t size) {
        is_short_ = is_short_ || size > rest_.size();
        if (is_short_)
            return {};
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }
    bool is_short() const { return is_short_; }

private:
    std::string_view rest_;
    bool is_short_ = false;
};

}  // namespace

std::string write_journal_entry(const std::string& broker, const Delivery& delivery) {
    std::string body;
    body.reserve(delivery.payload.size() + 512);
    put(body, delivery.journal);
    put(body, std::int64_t{delivery.heard_at.time_since_epoch().count()});
    put(body, static_cast<std::uint8_t>(delivery.qos));
    put(body,
        static_cast<std::uint8_t>((delivery.retained ? retained_flag : 0) | (delivery.duplicate ? duplicate_flag : 0) |
                                  (delivery.offset ? offset_flag : 0)));
    put(body, delivery.packet_id);
    if (delivery.offset)
        put(body, *delivery.offset);
    put(body, broker);
    put(body, delivery.stanza_id);
    put(body, delivery.address);
    put(body, delivery.filter);
    put(body, delivery.content_type);
    put(body, delivery.payload);
    put(body, static_cast<std::uint32_t>(delivery.properties.size()));
    for (const auto& [name, value] : delivery.properties) {
        put(body, name);
        put(body, value);
    }
    std::string entry;
    entry.reserve(head_bytes + body.size());
    put(entry, static_cast<std::uint32_t>(body.size()));
    put(entry, checksum(body));
    return entry += body;
}

Result<Journal::Entry> read_journal_entry(std::string_view& bytes) {
    Fields head(bytes);
    const auto size = head.number<std::uint32_t>();
    const auto sum = head.number<std::uint32_t>();
    const auto body = head.take(size);
    if (head.is_short())
        return Error{
            "an entry is longer than what is left: the last one is torn, or one is damaged and what follows it "
            "is left out"};
    if (checksum(body) != sum)
        return Error{"an entry is damaged; what follows it is left out"};
    Fields fields(body);
    Journal::Entry entry;
    Delivery& delivery = entry.delivery;
    delivery.journal = fields.number<std::uint64_t>();
    delivery.heard_at = WallTime(std::chrono::milliseconds(fields.number<std::int64_t>()));
    delivery.qos = fields.number<std::uint8_t>();
    const auto flags = fields.number<std::uint8_t>();
    delivery.retained = (flags & retained_flag) != 0;
    delivery.duplicate = (flags & duplicate_flag) != 0;
    delivery.packet_id = fields.number<std::uint32_t>();
    if ((flags & offset_flag) != 0)
        delivery.offset = fields.number<std::uint64_t>();
    entry.broker = fields.text();
    delivery.stanza_id = fields.text();
    delivery.address = fields.text();
    delivery.filter = fields.text();
    delivery.content_type = fields.text();
    delivery.payload = fields.text();
    for (auto count = fields.number<std::uint32_t>(); count > 0 && !fields.is_short(); --count) {
        auto name = fields.text();
        delivery.properties.emplace_back(std::move(name), fields.text());
    }
    if (fields.is_short())
        return Error{"an entry is damaged; what follows it is left out"};
    bytes.remove_prefix(head_bytes + size);
    return entry;
}

}  // namespace mucbridge
