// Addresses: what is parsed is prepared, and parses again to itself; XEP-0106 escapes come undone.
#include "core/jid.hpp"
#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "mapping/room_name.hpp"

namespace mucbridge::fuzz {
namespace {

constexpr std::size_t part_bytes = 1023;  // RFC 7622 §3.2 to §3.4

void check_part(const std::string& part, Result<std::string> (*prepare)(std::string_view)) {
    check(part.size() <= part_bytes && is_xml_text(part), "a prepared part is XML text, and not too long", part);
    const auto again = prepare(part);
    check(again && *again == part, "what is prepared stays as it is", part);
}

void check_jid(std::string_view text) {
    const auto jid = Jid::parse(text);
    if (!jid) {
        check(is_xml_text(jid.error().text), "an error can be shown", jid.error().text);
        return;
    }
    if (!jid->local.empty())
        check_part(jid->local, Jid::prepare_local);
    check_part(jid->domain, Jid::prepare_domain);
    if (!jid->resource.empty())
        check_part(jid->resource, Jid::prepare_resource);
    const auto again = Jid::parse(to_string(*jid));
    check(again && *again == *jid && to_string(*again) == to_string(*jid), "what is written parses to the same",
          to_string(*jid));
    check(std::hash<Jid>()(*again) == std::hash<Jid>()(*jid), "equal addresses have equal hashes");
}

void check_escapes(std::string_view text) {
    const std::string escaped = escape_level(text);
    check(unescape_level(escaped) == text, "an escaped level comes back [XEP-0106 §4]", escaped);
    check(escaped.find_first_of(" \"&'./:<>@") == std::string::npos, "what an address must not hold is escaped",
          escaped);
    const auto levels = parse_room_name(text);
    const auto local = Jid::prepare_local(text);
    if (!levels || !local || *local != text)
        return;
    const auto room = make_room_name(*levels);
    check(room && *room == text, "a room's name is what its levels make", text);
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge::fuzz;
    const std::string_view text = Input(data, size).rest();
    check_jid(text);
    check_escapes(text);
    return 0;
}
