#include "xml/writer.hpp"

#include <doctest/doctest.h>

#include <random>

#include "core/utf8.hpp"
#include "xml/heard.hpp"

using namespace mucbridge;

namespace {

/// Order of attributes counts too, since both sides keep it.
bool is_same(const Element& a, const Element& b) {
    const auto same_attribute = [](const Attribute& x, const Attribute& y) {
        return x.name == y.name && x.ns == y.ns && x.value == y.value;
    };
    const auto same_node = [](const Node& x, const Node& y) {
        if (x.element() != nullptr && y.element() != nullptr)
            return is_same(*x.element(), *y.element());
        return x.text() != nullptr && y.text() != nullptr && *x.text() == *y.text();
    };
    return a.name == b.name && a.ns == b.ns &&
           std::equal(a.attributes.begin(), a.attributes.end(), b.attributes.begin(), b.attributes.end(),
                      same_attribute) &&
           std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(), same_node);
}

/// Elements of every shape that XML has, and of every character.
class RandomElements {
public:
    explicit RandomElements(unsigned seed) : random_(seed) {}

    Element make(int depth) {
        Element element{pick({"message", "body", "x", "a-b.c", "_", "é", "名"}), make_namespace(true), {}, {}};
        for (int count = below(4); count > 0; --count)
            add_attribute(element);
        for (int count = depth > 0 ? below(4) : 0; count > 0; --count) {
            if (below(2) == 0)
                element.add(make(depth - 1));
            else
                element.add_text(make_text());
        }
        return element;
    }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

    std::string pick(std::initializer_list<std::string_view> words) {
        return std::string(words.begin()[below(static_cast<int>(words.size()))]);
    }

    std::string make_namespace(bool is_element) {
        const std::string ns = pick({"", "jabber:client", "u:1", "u:2", "a b'\"<&>", "\n\t", "é"});
        return below(is_element ? 20 : 3) != 0 ? ns : std::string(ns::xml);
    }

    void add_attribute(Element& element) {
        const Attribute added{pick({"id", "to", "lang", "é", "ns0", "x-1"}), make_namespace(false), make_text()};
        for (const Attribute& each : element.attributes)
            if (each.name == added.name && each.ns == added.ns)
                return;
        element.attributes.push_back(added);
    }

    std::string make_text() {
        std::string text;
        for (int count = below(12); count > 0; --count)
            text += pick({"a",   " ",     "&", "<", ">", "'",    "\"",     "\r",     "\n",     "\t",   "\r\n",
                          "]]>", "&amp;", "é", "€", "😀", "\x7F", "\u0085", "\u2028", "\uFFFD", "<!--", "</body>"});
        return text;
    }

    std::mt19937 random_;
};

}  // namespace

TEST_CASE("xmlns is written only where the namespace changes [XML Names §6.2]") {
    Element message{"message", std::string(ns::client), {}, {}};
    message.set("type", "groupchat").add("body", ns::client).add_text("a < b & c");
    message.add("x", "");
    message.add("y", "u:y").add("z", ns::client);
    CHECK(to_string(message, ns::client) ==
          "<message type='groupchat'><body>a &lt; b &amp; c</body><x xmlns=''/>"
          "<y xmlns='u:y'><z xmlns='jabber:client'/></y></message>");
    CHECK(to_string(message.nodes[0].element() == nullptr ? Element{} : *message.nodes[0].element(), "u:other") ==
          "<body xmlns='jabber:client'>a &lt; b &amp; c</body>");
}

TEST_CASE("an attribute in a namespace is written with a prefix that is declared beside it [XML Names §6.2]") {
    const Element element{
        "a", "", {{"lang", std::string(ns::xml), "de"}, {"k", "u:1", "1"}, {"l", "u:2", "2"}, {"m", "u:1", "3"}}, {}};
    CHECK(to_string(element, "") == "<a xml:lang='de' xmlns:ns0='u:1' ns0:k='1' xmlns:ns1='u:2' ns1:l='2' ns0:m='3'/>");
}

TEST_CASE("an element of XML's own namespace has its prefix, and nothing declares it [XML Names §3]") {
    Element element{"lat", std::string(ns::xml), {}, {}};
    CHECK(to_string(element, ns::client) == "<xml:lat/>");
    element.add("body", ns::client);
    element.add("x", "u:x");
    CHECK(to_string(element, ns::client) == "<xml:lat><body/><x xmlns='u:x'/></xml:lat>");
}

TEST_CASE("what could end a value or a tag is escaped [XML §2.4]") {
    std::string out;
    append_attribute(out, "a", "<'\"&>\t\n\r");
    CHECK(out == " a='&lt;&apos;&quot;&amp;&gt;&#9;&#10;&#13;'");
    out.clear();
    append_text_element(out, "body", "</body>&]]>\r\n'\"");
    CHECK(out == "<body>&lt;/body&gt;&amp;]]&gt;&#13;\n'\"</body>");
    out.clear();
    append_escaped_text(out, "");
    append_escaped_attribute(out, "");
    CHECK(out.empty());
}

TEST_CASE("every element that is written is read back as it was, whole and byte by byte") {
    RandomElements random(20261122);
    for (int round = 0; round < 3000; ++round) {
        const Element element = random.make(4);
        const std::string outer = round % 2 == 0 ? "" : "jabber:client";
        const std::string bytes = to_string(element, outer);
        const std::string opening = outer.empty() ? "<s>" : "<s xmlns='" + outer + "'>";
        CAPTURE(bytes);
        REQUIRE(is_xml_text(bytes));
        Heard whole, pieces;
        whole.reader.feed(opening + bytes);
        pieces.feed_in_pieces(opening + bytes, 1);
        REQUIRE(whole.condition() == "");
        REQUIRE(whole.stanzas.size() == 1);
        REQUIRE(is_same(whole.stanzas[0], element));
        REQUIRE(pieces.stanzas.size() == 1);
        REQUIRE(is_same(pieces.stanzas[0], element));
    }
}
