#include "broker/amqp10_json.hpp"

#include <nlohmann/json.hpp>
#include <proton/binary.hpp>
#include <proton/codec/map.hpp>
#include <proton/codec/vector.hpp>
#include <proton/symbol.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "core/utf8.hpp"

namespace mucbridge {
namespace {

using nlohmann::ordered_json;

constexpr int deepest = 32;

ordered_json to_json(const proton::value& value, int depth);

std::string to_hex(const proton::binary& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : bytes)
        (text += digits[byte >> 4U]) += digits[byte & 15U];
    return text;
}

ordered_json bytes_to_json(const proton::value& value) {
    const auto bytes = proton::get<proton::binary>(value);
    std::string text(bytes.begin(), bytes.end());
    return is_utf8(text) ? text : to_hex(bytes);
}

ordered_json map_to_json(const proton::value& value, int depth) {
    std::vector<std::pair<proton::value, proton::value>> map;  // as it came
    proton::get(value, map);
    auto object = ordered_json::object();
    for (const auto& [name, each] : map) {
        const auto key = to_json(name, depth + 1);
        object[key.is_string() ? key.get<std::string>() : key.dump()] = to_json(each, depth + 1);
    }
    return object;
}

ordered_json list_to_json(const proton::value& value, int depth) {
    std::vector<proton::value> list;
    proton::get(value, list);
    auto array = ordered_json::array();
    for (const auto& each : list)
        array.push_back(to_json(each, depth + 1));
    return array;
}

ordered_json to_json(const proton::value& value, int depth) {
    if (depth > deepest)
        return "...";
    switch (value.type()) {
        case proton::NULL_TYPE:
            return nullptr;
        case proton::BOOLEAN:
            return proton::get<bool>(value);
        case proton::UBYTE:
        case proton::USHORT:
        case proton::UINT:
        case proton::ULONG:
            return proton::coerce<std::uint64_t>(value);
        case proton::BYTE:
        case proton::SHORT:
        case proton::INT:
        case proton::LONG:
            return proton::coerce<std::int64_t>(value);
        case proton::FLOAT:
        case proton::DOUBLE:
            return proton::coerce<double>(value);
        case proton::STRING:
            return proton::get<std::string>(value);
        case proton::SYMBOL:
            return std::string(proton::get<proton::symbol>(value));
        case proton::BINARY:
            return bytes_to_json(value);
        case proton::MAP:
            return map_to_json(value, depth);
        case proton::LIST:
        case proton::ARRAY:
            return list_to_json(value, depth);
        default:
            return proton::to_string(value);
    }
}

}  // namespace

std::string to_json_text(const proton::value& value) {
    return to_json(value, 0).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace mucbridge
