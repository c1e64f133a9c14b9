#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/jid.hpp"
#include "core/result.hpp"

namespace mucbridge {

/// A spelling of many bare JIDs: "*" is anybody, "*@example.org", "ops-*@*.example.org". Localpart and domain are
/// matched apart, and `*` in one of them stands for any text, none as well; what has no localpart (a server) is "*"
/// alone.
class JidPattern {
public:
    /// The text between the stars is prepared as JIDs are, so that "Ops-*@Example.ORG" finds whom it means.
    static Result<JidPattern> parse(std::string_view text);
    bool matches(const Jid& jid) const;
    /// Whether it matches anybody at this domain.
    bool covers(std::string_view domain) const;
    bool is_anybody() const { return is_anybody_; }
    const std::string& text() const { return text_; }

private:
    std::string text_;  // as configured
    bool is_anybody_ = false;
    std::vector<std::string> local_, domain_;  // the texts between the stars
};

/// Whom a rule lets into its rooms (read), and whom of these it lets speak there (write).
class Who {
public:
    /// Errors name the key: "read/0: want ...".
    static Result<Who> make(const WhoConfig& config);
    bool may_read(const Jid& bare) const;
    bool may_write(const Jid& bare) const;
    const std::vector<JidPattern>& read() const { return read_; }
    const std::vector<JidPattern>& write() const { return write_; }

private:
    std::vector<JidPattern> read_, write_;
};

}  // namespace mucbridge
