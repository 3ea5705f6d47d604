// A small classification tree (CART, Gini impurity) over a few numbers per film, each cut into at most 64
// bins: what can be told from properties alone needs no more. Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hilum {

inline constexpr int kPropertyBins = 64;

// One property of all films, as bins that are as equally filled as ties allow.
std::vector<std::uint8_t> binned(std::span<const double> values);

class PropertyTree {
public:
    struct Data {
        std::span<const std::vector<std::uint8_t>* const> columns; // one bin per film each
        std::span<const int> labels;                               // one per film
        std::span<const double> classWeights;                      // of a film, by its label
    };

    // Learns from these films. Splits end at depth 5, and where a side would have fewer than 5 films or one
    // in a hundred.
    PropertyTree(const Data& data, std::vector<std::size_t> films);

    // Of any film of the columns learnt from.
    [[nodiscard]] int predicted(std::size_t film) const;

private:
    struct Node {
        int label = 0;
        std::size_t column = 0;
        int bin = -1;         // films up to this bin go left; -1: a leaf
        std::size_t left = 0; // index of the node; right is the next one
    };
    struct Cut {
        std::size_t column = 0;
        int bin = -1;
        double impurity = 0; // of both sides together, weighted
    };

    const Data m_data;
    std::size_t m_fewest; // films on a side
    std::vector<Node> m_nodes;

    void grow(std::size_t node, std::span<std::size_t> films, int depth);
    [[nodiscard]] std::vector<double> weightsByLabel(std::span<const std::size_t> films) const;
    [[nodiscard]] Cut bestCut(std::span<const std::size_t> films, const std::vector<double>& total) const;
    void improve(Cut& best, std::size_t column, std::span<const std::size_t> films,
                 const std::vector<double>& total) const;
};

} // namespace hilum
