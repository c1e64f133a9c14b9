#include "xml/reader.hpp"

#include <expat.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "xml/resting.hpp"
#include "xml/token_scanner.hpp"
#include "xml/tree_builder.hpp"

namespace mucbridge {
namespace {

/// After so many bytes a parser is replaced: expat keeps every name that it has ever met, and a peer invents names.
constexpr std::size_t parser_life = 1024 * 1024;

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using ParserHandle = std::unique_ptr<XML_ParserStruct, FreeParser>;

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

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

}  // namespace

struct Reader::Impl final : Resting::Reader {
public:
    Impl(Events events, ReaderLimits limits, std::shared_ptr<Resting> resting)
        : events_(std::move(events)), resting_(std::move(resting)) {
        tree_.limits = limits;
    }
    ~Impl() { wake(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void feed(std::string_view bytes);
    void stop();
    void restart();
    void park() override;
    void set_limits(ReaderLimits limits) { tree_.limits = limits; }

private:
    enum class State { reading, stopped, ended, failed };

    void read_on(std::string_view bytes);
    std::string_view read(std::string_view bytes, std::size_t seen);
    bool is_between_stanzas() const { return tree_.depth() == 1 && pending() == 0 && scanner_.is_between_tokens(); }
    void rest();
    void wake();
    std::size_t parse(std::string_view bytes);
    std::size_t parse_slice(std::string_view slice);
    void dispatch();
    void reset();
    bool make_parser();
    void drop_parser();
    ReaderError too_long() const;
    void fail_as_too_long();
    void fail(std::string_view condition, std::string_view text);
    void fail_as_parser_says();
    /// How many bytes of the unfinished stanza (or tag) the parser holds.
    std::size_t pending() const { return fed_ - boundary_; }
    /// What ends the stream, where what is over stanza_bytes need not.
    std::size_t hard_limit() const { return std::max(tree_.limits.stanza_bytes, tree_.limits.passed_over_bytes); }

    // What expat calls; nothing may be thrown through it, and no event is raised from inside of it.
    void on_open(const char* name, const char** attributes) noexcept;
    void on_close() noexcept;
    void on_text(std::string_view text) noexcept;
    void refuse(ReaderError error) noexcept;
    void pause() noexcept;
    std::size_t token_end() const noexcept;

    static Impl& from(void* data) { return *static_cast<Impl*>(data); }

    Events events_;
    TreeBuilder tree_;
    TokenScanner scanner_;
    ParserHandle parser_;
    std::string held_;           // a tag that has not ended
    std::string root_;           // the header's name as written, which a later parser is told
    std::size_t fed_ = 0;        // bytes given to this parser
    std::size_t boundary_ = 0;   // where in them the unfinished stanza begins
    std::size_t event_end_ = 0;  // where in them the element of the event ends
    State state_ = State::reading;
    bool has_header_ = false, has_stanza_ = false, has_end_ = false;  // events that wait for the parser to pause
    bool is_paused_ = false, is_rejoining_ = false, is_feeding_ = false;
    bool is_discarding_ = false, is_restarting_ = false, may_skip_space_ = false;
    std::unique_ptr<ReaderError> refusal_;
    std::shared_ptr<Resting> resting_;  // may be null
    std::optional<Resting::Place> place_;
};

void Reader::Impl::feed(std::string_view bytes) {
    if (state_ != State::reading || is_feeding_)
        return;
    struct Feeding {
        bool& flag;
        ~Feeding() { flag = false; }
    } feeding{is_feeding_};
    is_feeding_ = true;
    is_discarding_ = false;
    wake();
    read_on(bytes);
    rest();
}

void Reader::Impl::rest() {
    if (resting_ && parser_ && is_between_stanzas())
        place_ = resting_->add(*this);
}

void Reader::Impl::wake() {
    if (place_)
        resting_->remove(*std::exchange(place_, std::nullopt));
}

void Reader::Impl::read_on(std::string_view bytes) {
    if (held_.empty()) {
        held_ = read(bytes, 0);
        return;
    }
    // Not held_ itself is read: an event may restart the stream. It is moved, since copying it for each byte that
    // arrives would be quadratic.
    std::string joined = std::exchange(held_, {});
    const std::size_t seen = joined.size();
    joined += bytes;
    joined.erase(0, joined.size() - read(joined, seen).size());
    held_ = std::move(joined);
}

/// Answers with the end of `bytes` that is an unfinished tag. The first `seen` bytes were that already.
std::string_view Reader::Impl::read(std::string_view bytes, std::size_t seen) {
    while (state_ == State::reading) {
        while (may_skip_space_ && !bytes.empty() && is_space(bytes.front()))
            bytes.remove_prefix(1);
        may_skip_space_ = may_skip_space_ && bytes.empty();
        bytes.remove_prefix(parse(bytes.substr(0, scanner_.scan(bytes, seen))));
        if (!is_restarting_)
            break;
        reset();
        if (is_discarding_)
            return {};
        seen = 0;
    }
    if (state_ == State::reading && pending() + bytes.size() > hard_limit())
        fail_as_too_long();
    if (state_ == State::reading)
        return bytes;
    drop_parser();
    return {};
}

ReaderError Reader::Impl::too_long() const {
    return {"policy-violation", "a stanza is too long; want at most " + std::to_string(tree_.limits.stanza_bytes) +
                                    " bytes (" + std::string(tree_.limits.bytes_key) + ")"};
}

void Reader::Impl::fail_as_too_long() {
    const ReaderError error = too_long();
    fail(error.condition, error.text);
}

std::size_t Reader::Impl::parse(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size() && state_ == State::reading && !is_restarting_) {
        if (!parser_ && !make_parser()) {
            fail("resource-constraint", "no memory for a parser");
            break;
        }
        const std::size_t limit = pending() > tree_.limits.stanza_bytes ? hard_limit() : tree_.limits.stanza_bytes;
        const std::size_t room = pending() > limit ? 1 : limit + 1 - pending();
        // The first byte goes alone: what expat says of it must not depend on how much came with it.
        const std::size_t most = fed_ == 0 ? 1 : std::min<std::size_t>(room, std::numeric_limits<int>::max());
        done += parse_slice(bytes.substr(done, most));
    }
    return done;
}

/// How many bytes were read: fewer than given where the stream restarts or the parser has lived long enough.
std::size_t Reader::Impl::parse_slice(std::string_view slice) {
    // Expat would take these for UTF-16, whatever encoding it was told, by the first two bytes.
    const char first = slice.front();
    if (fed_ < 2 && (first == '\0' || first == '\xFE' || first == '\xFF')) {
        fail("unsupported-encoding", "the stream is not in UTF-8");
        return slice.size();
    }
    const std::size_t start = fed_;
    fed_ += slice.size();
    XML_Status status = XML_Parse(parser_.get(), slice.data(), static_cast<int>(slice.size()), 0);
    while (status == XML_STATUS_SUSPENDED) {
        is_paused_ = false;
        dispatch();
        if (is_restarting_ || state_ != State::reading)
            return event_end_ - start;
        if (fed_ > parser_life && tree_.depth() == 1) {
            drop_parser();
            return event_end_ - start;
        }
        status = XML_ResumeParser(parser_.get());
    }
    if (status == XML_STATUS_ERROR)
        fail_as_parser_says();
    else if (pending() > hard_limit())
        fail_as_too_long();
    else if (pending() > tree_.limits.stanza_bytes && tree_.depth() > 1)
        tree_.pass_over(too_long());
    return slice.size();
}

void Reader::Impl::dispatch() {
    if (std::exchange(has_header_, false)) {
        const Element header = tree_.take();
        if (events_.on_header)
            events_.on_header(header);
    }
    if (std::exchange(has_stanza_, false)) {
        if (tree_.has_passed_over()) {
            if (events_.on_passed_over)
                events_.on_passed_over(tree_.take(), tree_.take_error());
        } else if (events_.on_stanza) {
            events_.on_stanza(tree_.take());
        }
    }
    if (std::exchange(has_end_, false) && state_ == State::reading && !is_restarting_) {
        state_ = State::ended;
        if (events_.on_end)
            events_.on_end();
    }
}

void Reader::Impl::fail(std::string_view condition, std::string_view text) {
    if (state_ == State::failed)
        return;
    state_ = State::failed;
    if (events_.on_error)
        events_.on_error({std::string(condition), std::string(text)});
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

void Reader::Impl::stop() {
    is_discarding_ = true;
    if (state_ == State::reading && !is_restarting_)
        state_ = State::stopped;
}

void Reader::Impl::restart() {
    if (state_ == State::failed)
        return;
    state_ = State::reading;
    is_restarting_ = true;
    if (!is_feeding_)
        reset();
}

void Reader::Impl::reset() {
    wake();
    drop_parser();
    const ReaderLimits limits = tree_.limits;
    tree_ = {};
    tree_.limits = limits;
    scanner_ = {};
    held_.clear();
    root_.clear();
    is_restarting_ = has_header_ = has_stanza_ = has_end_ = false;
    may_skip_space_ = true;  // a line end after the last stanza of the stream before
}

void Reader::Impl::park() {
    if (is_feeding_ || !is_between_stanzas())
        return;
    wake();
    drop_parser();
    held_.shrink_to_fit();
}

void Reader::Impl::drop_parser() {
    parser_.reset();
    fed_ = boundary_ = 0;
}

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
    XML_SetReparseDeferralEnabled(parser, XML_FALSE);  // it would hold a stanza back until more bytes come
    if (tree_.depth() == 0)
        return true;
    is_rejoining_ = true;
    const std::string header = '<' + root_ + '>';
    const bool is_joined = XML_Parse(parser, header.data(), static_cast<int>(header.size()), 0) == XML_STATUS_OK;
    is_rejoining_ = false;
    fed_ = boundary_ = header.size();
    return is_joined;
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

Reader::Reader(Events events, ReaderLimits limits, std::shared_ptr<Resting> resting)
    : impl_(std::make_unique<Impl>(std::move(events), limits, std::move(resting))) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

void Reader::feed(std::string_view bytes) { impl_->feed(bytes); }
void Reader::stop() { impl_->stop(); }
void Reader::restart() { impl_->restart(); }
void Reader::park() { impl_->park(); }
void Reader::set_limits(ReaderLimits limits) { impl_->set_limits(limits); }

}  // namespace mucbridge
