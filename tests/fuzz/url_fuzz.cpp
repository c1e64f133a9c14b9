// What an operator writes in one word: URLs, times, base64. What is parsed and written again parses to the same.
#include "broker/url.hpp"
#include "core/time.hpp"
#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "xmpp/base64.hpp"
#include "xmpp/component_url.hpp"
#include "xmpp/listen_url.hpp"

namespace mucbridge::fuzz {
namespace {

template <class Url>
void check_url(const Result<Url>& url, Result<Url> (*parse)(std::string_view)) {
    if (!url) {
        check(!url.error().text.empty(), "an error says why");
        return;
    }
    check(!url->host.empty(), "a URL names a host");
    const auto again = parse(to_string(*url));
    check(again && again->host == url->host && again->port == url->port, "a URL parses to itself", to_string(*url));
}

void check_broker_url(std::string_view text) {
    const auto url = parse_broker_url(text);
    check_url(url, parse_broker_url);
    const std::string hidden = without_password(text);
    if (!url || url->password.empty())
        return;
    const auto shown = parse_broker_url(hidden);
    check(shown && shown->password == "***" && shown->host == url->host && shown->username == url->username,
          "a URL without its password is the same but for that", hidden);
    check(to_string(*url).find('@') == std::string::npos, "a URL is written without user and password");
}

void check_base64(std::string_view text) {
    const auto again = parse_base64(to_base64(text));
    check(again && *again == text, "base64 comes back");
    const auto bytes = parse_base64(text);
    check(!bytes || to_base64(*bytes) == text, "bytes have one spelling in base64 [RFC 4648 §3.5]", text);
}

void check_time(std::string_view text) {
    const auto time = parse_rfc3339(text);
    if (!time)
        return;
    const auto again = parse_rfc3339(to_rfc3339(*time));
    check(again && *again == *time, "a time parses to itself", to_rfc3339(*time));
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    const std::string_view text = fuzz::Input(data, size).rest();
    fuzz::check_url(ListenUrl::parse(text), ListenUrl::parse);
    fuzz::check_url(parse_component_url(text), parse_component_url);
    fuzz::check_broker_url(text);
    if (const auto port = parse_embedded_url(text); port && text != "embedded:")
        fuzz::check(*port != 0, "a port that is named is one");
    fuzz::check_base64(text);
    fuzz::check_time(text);
    return 0;
}
