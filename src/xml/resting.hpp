#pragma once

#include <cstddef>
#include <list>

namespace mucbridge {

/// Of the readers that have nothing half read, those that still hold a parser: as many as there is room for. Whoever
/// rested longest gives its parser back. So thousands of quiet streams cost no parsers, and a few busy ones keep
/// theirs. Lives on one thread.
class Resting {
public:
    struct Reader {
        virtual void park() = 0;

    protected:
        ~Reader() = default;
    };
    using Place = std::list<Reader*>::iterator;

    explicit Resting(std::size_t most = 256) : most_(most) {}
    Resting(const Resting&) = delete;
    Resting& operator=(const Resting&) = delete;

    /// Where it rests until remove(). Another one may be parked.
    Place add(Reader& reader) {
        if (spare_.empty())
            spare_.emplace_back();
        readers_.splice(readers_.end(), spare_, spare_.begin());
        readers_.back() = &reader;
        const Place place = std::prev(readers_.end());
        if (readers_.size() > most_)
            readers_.front()->park();
        return place;
    }
    void remove(Place place) { spare_.splice(spare_.begin(), readers_, place); }

private:
    const std::size_t most_;
    std::list<Reader*> readers_, spare_;
};

}  // namespace mucbridge
