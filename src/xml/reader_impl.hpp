#pragma once

#include <expat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "xml/reader.hpp"
#include "xml/resting.hpp"
#include "xml/token_scanner.hpp"
#include "xml/tree_builder.hpp"

namespace mucbridge {

struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using ParserHandle = std::unique_ptr<XML_ParserStruct, FreeParser>;

/// The reader's own state. reader.cpp has feeding, resting and the events; reader_parser.cpp what expat is told and
/// calls.
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
    void go_on_with(Impl&& other);

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

}  // namespace mucbridge
