#include "xmpp/base64.hpp"

#include <doctest/doctest.h>

using namespace mucbridge;

TEST_CASE("base64 by its test vectors, both ways [RFC 4648 §10]") {
    const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(to_base64(bytes) == text);
        CHECK(parse_base64(text) == bytes);
    }
}

TEST_CASE("every byte comes through") {
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    for (std::size_t cut = 0; cut < 4; ++cut)
        CHECK(parse_base64(to_base64(bytes.substr(cut))) == bytes.substr(cut));
}

TEST_CASE("what is not strictly base64 is refused [RFC 4648 §3]") {
    for (const auto* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "=g==", "Z===", "Zg==Zg==", "Zm9v\n", " Zm9v",
                             "Zm-v", "Zm_v", "Zh==", "Zm9=", "Zm9v=", "Zm\x80v"}) {
        CAPTURE(text);
        CHECK(!parse_base64(text));
    }
}
