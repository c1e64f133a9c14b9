#include "xmpp/forms.hpp"

#include <doctest/doctest.h>

#include "xml/writer.hpp"
#include "xmpp/disco.hpp"

using namespace mucbridge;

namespace {

Form make_form() {
    Form form{"form", "Room", "Choose.", {}};
    form.fields.push_back({"FORM_TYPE", "hidden", "", {"http://jabber.org/protocol/muc#roomconfig"}, {}, false});
    form.fields.push_back(
        {"muc#roomconfig_whois", "list-single", "Who", {"anyone"}, {{"Everyone", "anyone"}, {"", "moderators"}}, true});
    return form;
}

}  // namespace

TEST_CASE("a form comes back from its XML as it was [XEP-0004 §3]") {
    const auto form = parse_form(to_element(make_form()));
    REQUIRE(form.has_value());
    CHECK(form->type == "form");
    CHECK(form->title == "Room");
    CHECK(form->instructions == "Choose.");
    CHECK(form->form_type() == "http://jabber.org/protocol/muc#roomconfig");
    const FormField* field = form->field("muc#roomconfig_whois");
    REQUIRE(field != nullptr);
    CHECK(field->value() == "anyone");
    CHECK(field->required);
    CHECK(field->options.size() == 2);
    CHECK(field->options[1].value == "moderators");
    CHECK(form->field("nothing") == nullptr);
}

TEST_CASE("a form is written as XEP-0004 has it") {
    CHECK(to_string(to_element(make_form()), ns::client) ==
          "<x xmlns='jabber:x:data' type='form'><title>Room</title><instructions>Choose.</instructions>"
          "<field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
          "<field var='muc#roomconfig_whois' type='list-single' label='Who'><required/><value>anyone</value>"
          "<option "
          "label='Everyone'><value>anyone</value></option><option><value>moderators</value></option></field></x>");
}

TEST_CASE("a submitted form may be bare: no types, many values, foreign children") {
    Element x{"x", std::string(ns::data_form), {}, {}};
    x.set("type", "submit").add("other", "urn:other");
    Element& field = x.add("field", ns::data_form);
    field.set("var", "a").add("value", ns::data_form).add_text("1");
    field.add("value", ns::data_form).add_text("2");
    const auto form = parse_form(x);
    REQUIRE(form.has_value());
    REQUIRE(form->field("a") != nullptr);
    CHECK(form->field("a")->values == std::vector<std::string>{"1", "2"});
    CHECK(form->form_type().empty());
}

TEST_CASE("what is no form is an error that says what was wanted") {
    Element x{"x", std::string(ns::data_form), {}, {}};
    CHECK(parse_form(x).error().text == "data form: want type 'form', 'submit', 'cancel' or 'result', got ''");
    x.set("type", "submit").add("field", ns::data_form);
    CHECK(parse_form(x).error().text == "data form: field 1 has no var");
    x.nodes.clear();
    for (const auto* var : {"a", "b", "a"})
        x.add("field", ns::data_form).set("var", var);
    CHECK(parse_form(x).error().text == "data form: two fields are called 'a'");
    CHECK(!parse_form(Element{"x", "jabber:x:oob", {}, {}}).has_value());
    CHECK(!parse_form(Element{"query", std::string(ns::data_form), {}, {}}).has_value());
}

TEST_CASE("a boolean is 1, true, 0 or false [XEP-0004 §3.3]") {
    CHECK(parse_form_boolean("1") == true);
    CHECK(parse_form_boolean("true") == true);
    CHECK(parse_form_boolean("0") == false);
    CHECK(parse_form_boolean("false") == false);
    for (const auto* text : {"", "TRUE", "yes", "2", " 1"})
        CHECK(!parse_form_boolean(text).has_value());
}

TEST_CASE("disco#info names itself, once, and carries forms [XEP-0030 §3.1, XEP-0128]") {
    DiscoInfo info;
    info.identities = {{"conference", "text", "Garden & Co"}};
    info.features = {"http://jabber.org/protocol/muc"};
    info.node = "n";
    info.forms = {Form{"result", "", "", {{"FORM_TYPE", "hidden", "", {"muc#roominfo"}, {}, false}}}};
    CHECK(to_string(to_element(info), ns::client) ==
          "<query xmlns='http://jabber.org/protocol/disco#info' node='n'>"
          "<identity category='conference' type='text' name='Garden &amp; Co'/>"
          "<feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/muc'/>"
          "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' "
          "type='hidden'><value>muc#roominfo</value></field></x></query>");
    info.features = {std::string(ns::disco_info)};
    const auto text = to_string(to_element(info), ns::client);
    CHECK(text.find("<feature") == text.rfind("<feature"));
}
