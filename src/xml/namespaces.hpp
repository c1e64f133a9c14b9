#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mucbridge {

/// "stream:features" is {"stream", "features"}, "message" is {"", "message"}.
struct QualifiedName {
    std::string_view prefix, local;
    /// Nothing where XML Namespaces §4 forbids it: "a:b:c", ":a", "a:", "a:1". Wants a Name of XML 1.0.
    static std::optional<QualifiedName> parse(std::string_view name);
};

/// Which prefix means which namespace at the place that is being read. Inner declarations hide outer ones.
class Namespaces {
public:
    /// Why the declaration is not allowed (XML Namespaces §3), or "". An empty prefix declares the default namespace.
    std::string_view declare(std::string_view prefix, std::string_view name);
    /// The namespace of a prefix, or null where it is not declared; the default one is "" until it is declared.
    const std::string* find(std::string_view prefix) const;

    std::size_t size() const { return bindings_.size(); }
    /// Forgets what was declared since size() was that.
    void leave(std::size_t size) { bindings_.resize(size); }

private:
    struct Binding {
        std::string prefix, name;
    };
    std::vector<Binding> bindings_;
};

}  // namespace mucbridge
