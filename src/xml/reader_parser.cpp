#include "xml/reader_impl.hpp"

namespace mucbridge {
namespace {

std::string_view condition_of(XML_Error error) {
    switch (error) {
        case XML_ERROR_UNDEFINED_ENTITY:  // RFC 6120 §11.1: only XML's own five may be referred to
            return "restricted-xml";
        case XML_ERROR_UNKNOWN_ENCODING:
        case XML_ERROR_INCORRECT_ENCODING:
            return "unsupported-encoding";
        case XML_ERROR_NO_MEMORY:
            return "resource-constraint";
        default:
            return "not-well-formed";
    }
}

bool is_utf8_name(std::string_view encoding) {
    constexpr std::string_view wanted = "utf-8";
    return std::equal(encoding.begin(), encoding.end(), wanted.begin(), wanted.end(),
                      [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); });
}

}  // namespace

bool Reader::Impl::make_parser() {
    parser_.reset(XML_ParserCreate("UTF-8"));
    if (!parser_)
        return false;
    XML_ParserStruct* parser = parser_.get();
    XML_SetUserData(parser, this);
    XML_SetElementHandler(
        parser, [](void* data, const char* name, const char** attributes) { from(data).on_open(name, attributes); },
        [](void* data, const char*) { from(data).on_close(); });
    XML_SetCharacterDataHandler(parser, [](void* data, const char* text, int size) {
        from(data).on_text({text, static_cast<std::size_t>(size)});
    });
    // RFC 6120 §11.1
    XML_SetCommentHandler(parser, [](void* data, const char*) {
        from(data).refuse({"restricted-xml", "there is a comment"});
    });
    XML_SetProcessingInstructionHandler(parser, [](void* data, const char*, const char*) {
        from(data).refuse({"restricted-xml", "there is a processing instruction"});
    });
    XML_SetStartDoctypeDeclHandler(parser, [](void* data, const char*, const char*, const char*, int) {
        from(data).refuse({"restricted-xml", "there is a document type declaration"});
    });
    XML_SetXmlDeclHandler(parser, [](void* data, const char*, const char* encoding, int) {
        if (encoding != nullptr && !is_utf8_name(encoding))
            from(data).refuse({"unsupported-encoding", "the stream declares an encoding other than UTF-8"});
    });
#ifdef MUCBRIDGE_EXPAT_DEFERS
    XML_SetReparseDeferralEnabled(parser, XML_FALSE);  // it would hold a stanza back until more bytes come
#endif
    if (tree_.depth() == 0)
        return true;
    is_rejoining_ = true;
    const std::string header = '<' + root_ + '>';
    const bool is_joined = XML_Parse(parser, header.data(), static_cast<int>(header.size()), 0) == XML_STATUS_OK;
    is_rejoining_ = false;
    fed_ = boundary_ = header.size();
    return is_joined;
}

void Reader::Impl::fail_as_parser_says() {
    if (refusal_) {
        fail(refusal_->condition, refusal_->text);
        return;
    }
    const XML_Error error = XML_GetErrorCode(parser_.get());
    const char* text = XML_ErrorString(error);
    fail(condition_of(error), text == nullptr ? "the XML is not well-formed" : text);
}

std::size_t Reader::Impl::token_end() const noexcept {
    return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get())) +
           static_cast<std::size_t>(XML_GetCurrentByteCount(parser_.get()));
}

void Reader::Impl::pause() noexcept {
    event_end_ = token_end();
    if (!std::exchange(is_paused_, true))
        XML_StopParser(parser_.get(), XML_TRUE);
}

void Reader::Impl::refuse(ReaderError error) noexcept {
    if (refusal_)
        return;
    refusal_ = std::make_unique<ReaderError>(std::move(error));
    XML_StopParser(parser_.get(), XML_FALSE);
}

void Reader::Impl::on_open(const char* name, const char** attributes) noexcept {
    if (is_rejoining_ || refusal_)
        return;
    const std::size_t depth = tree_.depth();
    if (depth == 1)
        boundary_ = static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get()));
    if (!tree_.open(name, attributes)) {
        refuse(tree_.take_error());
        return;
    }
    if (depth != 0)
        return;
    root_ = name;
    has_header_ = true;
    pause();
    boundary_ = event_end_;
}

void Reader::Impl::on_close() noexcept {
    if (refusal_)
        return;
    tree_.close();
    if (tree_.depth() > 1)
        return;
    (tree_.depth() == 1 ? has_stanza_ : has_end_) = true;
    pause();
    if (event_end_ - boundary_ > hard_limit())
        refuse(too_long());
    else if (event_end_ - boundary_ > tree_.limits.stanza_bytes)
        tree_.pass_over(too_long());
    boundary_ = event_end_;
}

void Reader::Impl::on_text(std::string_view text) noexcept {
    if (refusal_)
        return;
    if (!tree_.add_text(text))
        refuse(tree_.take_error());
    else if (tree_.depth() == 1)
        boundary_ = token_end();
}

}  // namespace mucbridge
