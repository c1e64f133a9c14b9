// A configuration of any bytes: it is understood, or every error is one line that names its place; what is understood
// makes a mapper.
#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

#include "cli/check_config.hpp"
#include "cli/config_file.hpp"
#include "cli/json_text.hpp"
#include "cli/problems.hpp"
#include "core/utf8.hpp"
#include "fuzz/check.hpp"
#include "fuzz/input.hpp"
#include "mapping/mapper.hpp"
#include "xmpp/listen_url.hpp"

namespace mucbridge::fuzz {
namespace {

void check_lines(const std::vector<std::string>& lines) {
    for (const std::string& line : lines)
        check(is_xml_text(line) && to_log_text(line) == line, "a problem is one line of text", line);
}

/// Secrets are read from any file that is named; the fuzzer must not wait for a terminal or a pipe.
bool names_files(const nlohmann::json& value) {
    if (value.is_object())
        for (const auto& [key, inner] : value.items())
            if (key.ends_with("_file") || names_files(inner))
                return true;
    return value.is_array() && std::any_of(value.begin(), value.end(), names_files);
}

/// Whether checking it would ask the network for a name.
bool names_a_host(const ListenConfig& listen) {
    const auto url = ListenUrl::parse(listen.url);
    boost::system::error_code is_name;
    if (url)
        boost::asio::ip::make_address(url->host, is_name);
    return is_name.failed();
}

}  // namespace
}  // namespace mucbridge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mucbridge;
    Problems problems;
    Config config;
    const auto object = parse_json(fuzz::Input(data, size).rest(), problems);
    fuzz::check(object || !problems.is_fine(), "what is no configuration is an error");
    if (object && !fuzz::names_files(*object)) {
        config.brokers.clear();
        read_config(*object, config, problems);
        std::erase_if(config.listen, fuzz::names_a_host);
        check_config(config, {object->is_object() && object->contains("listen"), false}, problems);
        if (problems.is_fine()) {
            const auto mapper = Mapper::make(config, nullptr);
            fuzz::check(mapper.has_value(), "what is checked makes a mapper", mapper ? "" : mapper.error().text);
        }
    }
    fuzz::check_lines(problems.errors());
    fuzz::check_lines(problems.warnings());
    return 0;
}
