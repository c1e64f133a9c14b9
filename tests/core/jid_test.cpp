#include "core/jid.hpp"

#include <doctest/doctest.h>

#include <unordered_set>

using namespace mucbridge;

namespace {

std::string error_of(std::string_view text) {
    const auto jid = Jid::parse(text);
    return jid ? "accepted as " + to_string(*jid) : jid.error().text;
}

std::string times(std::size_t count, std::string_view part) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i)
        all += part;
    return all;
}

}  // namespace

TEST_CASE("the first slash ends the domain, and the first @ before it the localpart [RFC 7622 §3.2]") {
    const Jid jid = Jid::parse("Romeo@LocalHost/Or/ch@rd").value();
    CHECK(jid == Jid{"romeo", "localhost", "Or/ch@rd"});
    CHECK(to_string(jid) == "romeo@localhost/Or/ch@rd");
    CHECK(to_string(Jid::parse("rooms.localhost").value()) == "rooms.localhost");
    CHECK(to_string(Jid::parse("garden@rooms.localhost").value()) == "garden@rooms.localhost");
    CHECK(to_string(Jid::parse("localhost/@/").value()) == "localhost/@/");
}

TEST_CASE("bare, empty and with a resource are what they say") {
    const Jid jid = Jid::parse("romeo@localhost/orchard").value();
    CHECK_FALSE(jid.is_bare());
    CHECK(jid.bare() == Jid{"romeo", "localhost", ""});
    CHECK(jid.bare().is_bare());
    CHECK(jid.bare().with_resource("tomb") == Jid{"romeo", "localhost", "tomb"});
    CHECK(Jid{}.empty());
    CHECK_FALSE(jid.empty());
}

TEST_CASE("a missing part is an error that names it [RFC 7622 §3.2]") {
    CHECK(error_of("") == "the domain is empty");
    CHECK(error_of("@b") == "the localpart is empty");
    CHECK(error_of("a@") == "the domain is empty");
    CHECK(error_of("a@b/") == "the resource is empty");
    CHECK(error_of("/r") == "the domain is empty");
    CHECK(error_of("a@/r") == "the domain is empty");
}

TEST_CASE("a second @ is not a domain's [RFC 7622 §3.2]") {
    CHECK(error_of("a@b@c") == "the domain \"b@c\" holds what a domain name cannot hold");
}

TEST_CASE("case is folded in localpart and domain and kept in the resource [RFC 7622 §3.3.2, §3.4.2]") {
    CHECK(Jid::prepare_local("Foo.Bar").value() == "foo.bar");
    CHECK(Jid::prepare_local("ÄRGER").value() == "ärger");
    CHECK(Jid::prepare_domain("BÜCHER.example").value() == "bücher.example");
    CHECK(Jid::prepare_resource("Juliet Ü").value() == "Juliet Ü");
}

TEST_CASE("equal addresses have equal parts, however they are composed [RFC 7622 §3.5]") {
    CHECK(Jid::prepare_local("re\u0301sume\u0301").value() == "résumé");
    CHECK(Jid::prepare_resource("ﬁsh").value() == "fish");
    CHECK(Jid::prepare_local("ｆｏｏ").value() == "foo");
}

TEST_CASE("what is prepared twice is as it was prepared once") {
    for (const std::string_view text : {"Foo", "ÄRGER", "ﬁsh", "ｆｏｏ", "Σίσυφος", "a+b#c", "日本語", "кухня", "😀"}) {
        CAPTURE(text);
        const std::string once = Jid::prepare_local(text).value();
        CHECK(Jid::prepare_local(once).value() == once);
    }
}

TEST_CASE("a localpart holds none of \" & ' / : < > @ and no space [RFC 7622 §3.3.1]") {
    for (const char forbidden : std::string_view("\"&'/:<>@ ")) {
        CAPTURE(forbidden);
        CHECK(Jid::prepare_local(std::string("a") + forbidden + "b").has_error());
        CHECK(Jid::prepare_local(std::string("ä") + forbidden + "b").has_error());
    }
    CHECK(error_of("a b@c") == R"(the localpart "a b" holds a space or one of " & ' / : < > @)");
}

TEST_CASE("a character that becomes a forbidden one is forbidden [RFC 7622 §3.3.1]") {
    CHECK(Jid::prepare_local("a＠b").has_error());
    CHECK(Jid::prepare_local("a／b").has_error());
    CHECK(Jid::prepare_local("a\u00a0b").has_error());
    CHECK(Jid::prepare_domain("℀.example").has_error());  // a/c
    CHECK(Jid::prepare_domain("a＠b").has_error());
}

TEST_CASE("a topic's wildcards and separators that are ASCII signs are a localpart's too") {
    CHECK(Jid::prepare_local("#").value() == "#");
    CHECK(Jid::prepare_local("a+b$c\\20").value() == "a+b$c\\20");
}

TEST_CASE("control characters and NUL are refused in every part [RFC 7622 §3.3.1, §3.4.1]") {
    for (int code = 0; code < 0x20; ++code) {
        const std::string text = std::string("a") + static_cast<char>(code) + "b";
        CAPTURE(code);
        CHECK(Jid::prepare_local(text).has_error());
        CHECK(Jid::prepare_domain(text).has_error());
        CHECK(Jid::prepare_resource(text).has_error());
        CHECK(Jid::prepare_resource("é" + text).has_error());
    }
    CHECK(Jid::prepare_resource("a\x7F").has_error());
    CHECK(Jid::prepare_resource("a\u0085").has_error());
    CHECK(error_of("a\nb@c") == "the localpart \"a\\x0ab\" holds a control character");
}

TEST_CASE("bytes that are not UTF-8 are refused in every part [RFC 7622 §3.1]") {
    for (const std::string_view bytes : {"\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
        CHECK(Jid::prepare_local(bytes).has_error());
        CHECK(Jid::prepare_domain(bytes).has_error());
        CHECK(Jid::prepare_resource(bytes).has_error());
    }
    CHECK(error_of("a@b/\xFF") == "the resource \"\\xff\" is not UTF-8");
}

TEST_CASE("a part of 1023 bytes is an address and one of 1024 is not [RFC 7622 §3.2, §3.3, §3.4]") {
    const std::string most(1023, 'a'), more(1024, 'a');
    CHECK(Jid::parse(most + "@" + most + "/" + most).value() == Jid{most, most, most});
    CHECK(error_of(more + "@b") == "the localpart is longer than 1023 bytes");
    CHECK(error_of("a@" + more) == "the domain is longer than 1023 bytes");
    CHECK(error_of("a@b/" + more) == "the resource is longer than 1023 bytes");
}

TEST_CASE("a long part that is not ASCII is prepared whole or refused, never cut") {
    CHECK(Jid::prepare_resource(times(511, "é")).value().size() == 1022);
    CHECK(Jid::prepare_resource(times(512, "é")).has_error());
    CHECK(Jid::prepare_resource(times(100, "ﷺ")).has_error());  // each becomes 33 bytes
}

TEST_CASE("a domain has no empty label, and its closing dot is taken off [RFC 7622 §3.2]") {
    CHECK(error_of("b..c") == "the domain \"b..c\" has an empty label");
    CHECK(error_of(".b") == "the domain \".b\" has an empty label");
    CHECK(error_of("b..") == "the domain \"b..\" has an empty label");
    CHECK(error_of(".") == "the domain is empty");
    CHECK(Jid::parse("a@example.org.").value().domain == "example.org");
}

TEST_CASE("a domain may be an address, IPv6 in brackets [RFC 7622 §3.2]") {
    CHECK(Jid::parse("a@127.0.0.1").value().domain == "127.0.0.1");
    CHECK(Jid::parse("a@[2001:DB8::1]/r").value() == Jid{"a", "[2001:db8::1]", "r"});
    CHECK(error_of("a@[::1") == "the domain \"[::1\" is not an IPv6 address in brackets such as [::1]");
    CHECK(Jid::prepare_domain("[]").has_error());
    CHECK(Jid::prepare_domain("[::1]x").has_error());
    CHECK(Jid::prepare_domain("[1.2.3.4]").has_error());
    CHECK(Jid::prepare_domain("::1").has_error());
    CHECK(Jid::prepare_domain(std::string("[::1\0]", 6)).has_error());
}

TEST_CASE("a domain is letters, digits, hyphens and dots") {
    for (const std::string_view text : {"a b", "a<b", "a#b", "a+b", "a$", "a:1", "a&b", "a'b", "a%b", "a\\b"})
        CHECK(Jid::prepare_domain(text).has_error());
    CHECK(Jid::prepare_domain("xn--bcher-kva.a_b.example").has_value());
}

TEST_CASE("text that is empty once it is prepared is no address") {
    CHECK(Jid::prepare_local("\u00ad").has_error());  // soft hyphen: mapped to nothing
    CHECK(Jid::prepare_resource("\u200b\u00ad").has_error());
}

TEST_CASE("an error's text is fit for a log line whatever the address was") {
    const std::string text = error_of("a\u2028b@" + std::string(900, 'c') + " ");
    CHECK(text.size() < 200);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(error_of("a\r\nb@c").find('\n') == std::string::npos);
}

TEST_CASE("the cache of prepared names answers as the preparation does, however many names pass through it") {
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 5000; ++i) {
            const std::string number = std::to_string(i);
            REQUIRE(Jid::prepare_local("É" + number).value() == "é" + number);
            REQUIRE(Jid::prepare_resource("É" + number).value() == "É" + number);
            REQUIRE(Jid::prepare_local("é @" + number).has_error());
        }
    }
}

TEST_CASE("addresses are told apart by every part when hashed and ordered") {
    std::unordered_set<Jid> set;
    for (const std::string_view text : {"a@b/c", "a@b", "b", "b/c", "c@b/a", "b@a", "a"})
        set.insert(Jid::parse(text).value());
    CHECK(set.size() == 7);
    CHECK(set.contains(Jid{"a", "b", "c"}));
    CHECK(Jid::parse("a@b").value() < Jid::parse("b@b").value());
}
