#include <limits>

#include "xml/reader_impl.hpp"

namespace mucbridge {
namespace {

/// After so many bytes a parser is replaced: expat keeps every name that it has ever met, and a peer invents names.
constexpr std::size_t parser_life = 1024 * 1024;

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n'; }

}  // namespace

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

void Reader::Impl::go_on_with(Impl&& other) {
    reset();
    const ReaderLimits limits = tree_.limits;
    tree_ = std::move(other.tree_);
    tree_.limits = limits;
    scanner_ = other.scanner_;
    held_ = std::move(other.held_);
    root_ = std::move(other.root_);
    may_skip_space_ = other.may_skip_space_;
    state_ = other.state_;
}

void Reader::Impl::drop_parser() {
    parser_.reset();
    fed_ = boundary_ = 0;
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
void Reader::go_on_with(Reader&& other) { impl_->go_on_with(std::move(*other.impl_)); }
void Reader::set_limits(ReaderLimits limits) { impl_->set_limits(limits); }

}  // namespace mucbridge
