#include "stream_xml.hpp"

#include <expat.h>

#include <algorithm>

namespace mucbridge::stream_fuzz {

const std::string* Xml::find(std::string_view attribute) const {
    const auto found = std::ranges::find(attributes, attribute, &std::pair<std::string, std::string>::first);
    return found == attributes.end() ? nullptr : &found->second;
}

std::string Xml::attribute(std::string_view wanted) const {
    const std::string* value = find(wanted);
    return value ? *value : std::string();
}

const Xml* Xml::child(std::string_view wanted, std::string_view wanted_ns) const {
    const auto found = std::ranges::find_if(children, [&](const Xml& each) { return each.is(wanted, wanted_ns); });
    return found == children.end() ? nullptr : &*found;
}

std::size_t Xml::count(std::string_view wanted, std::string_view wanted_ns) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(children, [&](const Xml& each) { return each.is(wanted, wanted_ns); }));
}

struct XmlStream::Impl {
    std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser{XML_ParserCreateNS("UTF-8", '\n'),
                                                                        XML_ParserFree};
    std::vector<Xml> open, done;
    std::size_t depth = 0, nodes = 0, fed = 0, began = 0;
    std::size_t most_bytes = 0, most_depth = 0, most_attributes = 0, most_nodes = 0;
    bool broken = false, ended = false, odd = false;

    Impl() {
        XML_SetUserData(parser.get(), this);
#ifdef MUCBRIDGE_EXPAT_DEFERS
        XML_SetReparseDeferralEnabled(parser.get(), XML_FALSE);  // it would hold stanzas back until more bytes come
#endif
        XML_SetElementHandler(
            parser.get(),
            [](void* self, const char* name, const char** attributes) {
                static_cast<Impl*>(self)->on_start(name, attributes);
            },
            [](void* self, const char*) { static_cast<Impl*>(self)->on_end(); });
        XML_SetCharacterDataHandler(parser.get(), [](void* self, const char* text, int size) {
            static_cast<Impl*>(self)->on_text({text, static_cast<std::size_t>(size)});
        });
        XML_SetCommentHandler(parser.get(), [](void* self, const char*) { static_cast<Impl*>(self)->odd = true; });
        XML_SetProcessingInstructionHandler(
            parser.get(), [](void* self, const char*, const char*) { static_cast<Impl*>(self)->odd = true; });
        XML_SetStartDoctypeDeclHandler(parser.get(), [](void* self, const char*, const char*, const char*, int) {
            static_cast<Impl*>(self)->odd = true;
        });
    }

    std::size_t here() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser.get())); }

    void on_start(std::string_view name, const char** attributes) {
        Xml element;
        const auto end = name.rfind('\n');
        element.ns = end == std::string_view::npos ? "" : name.substr(0, end);
        element.name = name.substr(end + 1);  // npos + 1 is 0
        for (; *attributes; attributes += 2)
            element.attributes.emplace_back(attributes[0], attributes[1]);
        most_attributes = std::max(most_attributes, element.attributes.size());
        ++nodes;
        if (++depth == 1)
            return;
        if (depth == 2) {
            nodes = 1;
            began = here();
        }
        most_depth = std::max(most_depth, depth);
        most_nodes = std::max(most_nodes, nodes);
        open.push_back(std::move(element));
    }

    void on_end() {
        if (--depth == 0) {
            ended = true;
            return;
        }
        Xml element = std::move(open.back());
        open.pop_back();
        if (!open.empty())
            return static_cast<void>(open.back().children.push_back(std::move(element)));
        most_bytes = std::max(most_bytes, here() - began);
        began = here();
        done.push_back(std::move(element));
    }

    void on_text(std::string_view text) {
        if (!open.empty())
            open.back().text += text;
        else
            odd = odd || text.find_first_not_of(" \t\r\n") != std::string_view::npos;
        ++nodes;
        most_nodes = std::max(most_nodes, nodes);
    }
};

XmlStream::XmlStream() : impl_(std::make_unique<Impl>()) {}
XmlStream::~XmlStream() = default;
XmlStream::XmlStream(XmlStream&&) noexcept = default;
XmlStream& XmlStream::operator=(XmlStream&&) noexcept = default;

void XmlStream::feed(std::string_view bytes) {
    if (impl_->broken || bytes.empty())
        return;
    impl_->broken =
        XML_Parse(impl_->parser.get(), bytes.data(), static_cast<int>(bytes.size()), XML_FALSE) != XML_STATUS_OK;
    impl_->fed += bytes.size();
    impl_->most_bytes = std::max(impl_->most_bytes, impl_->fed - impl_->began);
}

std::vector<Xml> XmlStream::take() { return std::exchange(impl_->done, {}); }
bool XmlStream::is_broken() const { return impl_->broken; }
bool XmlStream::has_ended() const { return impl_->ended; }
bool XmlStream::is_odd() const { return impl_->odd; }
std::size_t XmlStream::most_bytes() const { return impl_->most_bytes; }
std::size_t XmlStream::most_depth() const { return impl_->most_depth; }
std::size_t XmlStream::most_attributes() const { return impl_->most_attributes; }
std::size_t XmlStream::most_nodes() const { return impl_->most_nodes; }

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '\'':
                out += "&apos;";
                break;
            case '\r':
                out += "&#13;";
                break;
            case '\n':
                out += "&#10;";
                break;
            case '\t':
                out += "&#9;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace mucbridge::stream_fuzz
