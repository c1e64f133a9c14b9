#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "xml/namespaces.hpp"
#include "xml/reader.hpp"

namespace mucbridge {

/// Makes elements of tags and text: namespaces resolved, limits held. The outermost element, the stream's header, is
/// given out as soon as it opens, and each element directly inside when it closes.
class TreeBuilder {
public:
    /// Each says whether reading may go on; where not, error() says why. `attributes` are names and values in turn, up
    /// to a null.
    bool open(std::string_view name, const char* const* attributes);
    bool add_text(std::string_view text);
    void close();

    /// 0 outside of the stream, 1 between stanzas, more inside of one.
    std::size_t depth() const { return scopes_.size(); }
    /// The header that has just opened, or the stanza that has just closed.
    Element take() { return std::move(tree_); }
    ReaderError take_error() { return std::move(error_); }

    /// Forgets what is inside of the stanza, and takes nothing more of it.
    void pass_over(ReaderError error);
    /// Was the stanza that has just closed passed over? error() says why.
    bool has_passed_over() const { return is_passed_over_; }

    ReaderLimits limits;

private:
    bool fail(std::string_view condition, std::string_view text);
    bool may_pass_over() const;
    bool is_passing_over() const { return is_passed_over_ && depth() > 1; }
    bool start_element();
    bool declare_namespaces(const char* const* attributes);
    bool set_name(std::string_view name);
    bool set_attributes(const char* const* attributes);
    void add_attribute(std::string_view name, std::string_view ns, std::string_view value);
    /// The namespace that a prefix stands for, or null after failing.
    const std::string* resolve(std::string_view name, std::string_view prefix);
    bool count_node();

    Namespaces namespaces_;
    std::vector<std::size_t> scopes_;  // namespaces_.size() before each open element
    std::vector<Element*> open_;       // from the stanza down; each is its parent's last node, so none moves meanwhile
    Element tree_;
    Element* current_ = nullptr;  // the one whose tag is being read
    ReaderError error_;
    bool is_passed_over_ = false;
    std::size_t nodes_ = 0, declarations_ = 0, namespace_bytes_ = 0;  // of this stanza
};

}  // namespace mucbridge
