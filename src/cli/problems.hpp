#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mucbridge {

/// Everything that is wrong with a configuration, found in one go. A place is a JSON pointer ("/rules/2/qos") until
/// rename() says that what stands there came from a flag or a variable ("--rule", "MUCBRIDGE_RULE").
class Problems {
public:
    void error(std::string_view pointer, std::string_view text);
    void warn(std::string_view pointer, std::string_view text);
    /// What stands at and below `pointer` is called `name` from now on. `is_flag`: its errors are of usage.
    void rename(std::string pointer, std::string name, bool is_flag);

    /// From now on errors are of what the values mean together, which is never a matter of usage.
    void begin_judging() { is_judging_ = true; }

    /// Whether an error is of that place itself; "": of the file, or of no place.
    bool concern(std::string_view pointer) const { return places_.contains(pointer); }
    bool is_fine() const { return errors_.empty(); }
    const std::vector<std::string>& errors() const { return errors_; }  // "/rules/2/qos: want 0, 1 or 2, got 7"
    const std::vector<std::string>& warnings() const { return warnings_; }
    /// exit_code::ok, exit_code::usage where nothing but flags is wrong, else exit_code::configuration.
    int to_exit_code() const;

private:
    struct Name {
        std::string text;
        bool is_flag;
    };
    /// The name given to `pointer` or to what it is in, or null.
    const Name* find_name(std::string_view pointer) const;
    std::string place(std::string_view pointer) const;

    std::vector<std::string> errors_, warnings_;
    std::map<std::string, Name, std::less<>> names_;
    std::set<std::string, std::less<>> places_;  // of errors
    bool is_judging_ = false;
    bool beyond_flags_ = false;
};

/// "/brokers" and "a/b" make "/brokers/a~1b" (RFC 6901); what would break a line is escaped.
std::string join_pointer(std::string_view pointer, std::string_view key);
std::string join_pointer(std::string_view pointer, std::size_t index);

}  // namespace mucbridge
