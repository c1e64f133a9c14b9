#include "xmpp/forms.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace mucbridge {

namespace {

FormField to_field(const Element& element) {
    FormField field;
    field.var = element.attribute("var");
    field.type = element.attribute("type");
    field.label = element.attribute("label");
    for (const Node& node : element.nodes) {
        const Element* child = node.element();
        if (child == nullptr || child->ns != ns::data_form)
            continue;
        if (child->name == "value") {
            field.values.push_back(child->text());
        } else if (child->name == "required") {
            field.required = true;
        } else if (child->name == "option") {
            const Element* value = child->child("value", ns::data_form);
            field.options.push_back({std::string(child->attribute("label")), value ? value->text() : std::string()});
        }
    }
    return field;
}

void add_field(Element& x, const FormField& field) {
    Element& element = x.add("field", ns::data_form);
    if (!field.var.empty())
        element.set("var", field.var);
    if (!field.type.empty())
        element.set("type", field.type);
    if (!field.label.empty())
        element.set("label", field.label);
    if (field.required)
        element.add("required", ns::data_form);
    for (const std::string& value : field.values)
        element.add("value", ns::data_form).add_text(value);
    for (const FormOption& option : field.options) {
        Element& child = element.add("option", ns::data_form);
        if (!option.label.empty())
            child.set("label", option.label);
        child.add("value", ns::data_form).add_text(option.value);
    }
}

/// XEP-0004 §3.2: the var identifies the field in its form.
const FormField* find_doubled(const Form& form) {
    std::vector<const FormField*> fields;
    for (const FormField& field : form.fields)
        if (!field.var.empty())
            fields.push_back(&field);
    std::ranges::sort(fields, {}, &FormField::var);
    const auto found = std::ranges::adjacent_find(fields, {}, &FormField::var);
    return found == fields.end() ? nullptr : *found;
}

}  // namespace

std::string_view FormField::value() const {
    return values.empty() ? std::string_view() : std::string_view(values.front());
}

const FormField* Form::field(std::string_view var) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const FormField& f) { return f.var == var; });
    return found == fields.end() ? nullptr : &*found;
}

std::string_view Form::form_type() const {
    const FormField* found = field("FORM_TYPE");
    return found ? found->value() : std::string_view();
}

Element to_element(const Form& form) {
    Element x{"x", std::string(ns::data_form), {}, {}};
    x.set("type", form.type);
    if (!form.title.empty())
        x.add("title", ns::data_form).add_text(form.title);
    if (!form.instructions.empty())
        x.add("instructions", ns::data_form).add_text(form.instructions);
    for (const FormField& field : form.fields)
        add_field(x, field);
    return x;
}

Result<Form> parse_form(const Element& x) {
    if (x.name != "x" || x.ns != ns::data_form)
        return Error{"want a data form, <x xmlns='jabber:x:data'/>, got <", cut_utf8(x.name, 80), "/>"};
    Form form;
    form.type = x.attribute("type");
    if (form.type != "form" && form.type != "submit" && form.type != "cancel" && form.type != "result")
        return Error{"data form: want type 'form', 'submit', 'cancel' or 'result', got '", cut_utf8(form.type, 80),
                     "'"};
    for (const Node& node : x.nodes) {
        const Element* child = node.element();
        if (child == nullptr || child->ns != ns::data_form)
            continue;
        if (child->name == "title") {
            form.title = child->text();
        } else if (child->name == "instructions") {
            form.instructions = child->text();
        } else if (child->name == "field") {
            form.fields.push_back(to_field(*child));
            const FormField& field = form.fields.back();
            if (field.var.empty() && field.type != "fixed")
                return Error{"data form: field " + std::to_string(form.fields.size()) + " has no var"};
        }
    }
    if (const FormField* doubled = find_doubled(form))
        return Error{"data form: two fields are called '", cut_utf8(doubled->var, 80), "'"};
    return form;
}

std::optional<bool> parse_form_boolean(std::string_view text) {
    if (text == "1" || text == "true")
        return true;
    if (text == "0" || text == "false")
        return false;
    return std::nullopt;
}

}  // namespace mucbridge
