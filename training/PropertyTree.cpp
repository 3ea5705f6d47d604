#include "training/PropertyTree.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace hilum {
namespace {

constexpr int kDeepest = 5;
constexpr std::size_t kFewestFilms = 5;

// Gini impurity times weight: weight − Σ weight of a label² / weight.
double impurityOf(const std::vector<double>& weights) {
    double sum = 0, squares = 0;
    for (const double weight : weights) {
        sum += weight;
        squares += weight * weight;
    }
    return sum > 0 ? sum - squares / sum : 0;
}

} // namespace

std::vector<std::uint8_t> binned(std::span<const double> values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t film) { return values[film]; });
    const std::size_t perBin = (values.size() + kPropertyBins - 1) / kPropertyBins;
    std::vector<std::uint8_t> bins(values.size());
    std::size_t filled = 0;
    std::uint8_t bin = 0;
    for (std::size_t i = 0; i < order.size(); ++i, ++filled) {
        const bool tied = i > 0 && values[order[i]] == values[order[i - 1]];
        if (filled >= perBin && !tied) {
            ++bin;
            filled = 0;
        }
        bins[order[i]] = bin;
    }
    return bins;
}

PropertyTree::PropertyTree(const Data& data, std::vector<std::size_t> films)
    : m_data(data), m_fewest(std::max(kFewestFilms, films.size() / 100)), m_nodes(1) {
    grow(0, films, 0);
}

int PropertyTree::predicted(std::size_t film) const {
    const Node* node = m_nodes.data();
    while (node->bin >= 0)
        node = &m_nodes[node->left + ((*m_data.columns[node->column])[film] <= node->bin ? 0 : 1)];
    return node->label;
}

std::vector<double> PropertyTree::weightsByLabel(std::span<const std::size_t> films) const {
    std::vector<double> weights(m_data.classWeights.size());
    for (const std::size_t film : films) {
        const auto label = static_cast<std::size_t>(m_data.labels[film]);
        weights[label] += m_data.classWeights[label];
    }
    return weights;
}

void PropertyTree::grow(std::size_t node, std::span<std::size_t> films, int depth) {
    const std::vector<double> total = weightsByLabel(films);
    m_nodes[node].label = static_cast<int>(std::ranges::max_element(total) - total.begin());
    if (depth == kDeepest)
        return;
    const Cut cut = bestCut(films, total);
    if (cut.bin < 0)
        return;
    const auto& bins = *m_data.columns[cut.column];
    const auto rest =
        std::partition(films.begin(), films.end(), [&](std::size_t film) { return bins[film] <= cut.bin; });
    // std::ranges' does not build with clang 14.
    const auto leftCount = static_cast<std::size_t>(rest - films.begin());
    const std::size_t left = m_nodes.size();
    m_nodes.resize(left + 2);
    m_nodes[node].column = cut.column;
    m_nodes[node].bin = cut.bin;
    m_nodes[node].left = left;
    grow(left, films.first(leftCount), depth + 1);
    grow(left + 1, films.subspan(leftCount), depth + 1);
}

PropertyTree::Cut PropertyTree::bestCut(std::span<const std::size_t> films,
                                        const std::vector<double>& total) const {
    Cut best{.impurity = impurityOf(total) * (1 - 1e-9)}; // a cut must gain something
    for (std::size_t column = 0; column < m_data.columns.size(); ++column)
        improve(best, column, films, total);
    return best;
}

void PropertyTree::improve(Cut& best, std::size_t column, std::span<const std::size_t> films,
                           const std::vector<double>& total) const {
    const std::size_t labels = total.size();
    std::vector<double> weights(kPropertyBins * labels);
    std::array<std::size_t, kPropertyBins> counts{};
    const auto& bins = *m_data.columns[column];
    for (const std::size_t film : films) {
        const auto label = static_cast<std::size_t>(m_data.labels[film]);
        weights[bins[film] * labels + label] += m_data.classWeights[label];
        ++counts[bins[film]];
    }
    std::vector<double> left(labels), right = total;
    std::size_t leftCount = 0;
    for (int bin = 0; bin + 1 < kPropertyBins; ++bin) {
        const auto row = static_cast<std::size_t>(bin);
        if (counts[row] == 0)
            continue;
        leftCount += counts[row];
        for (std::size_t label = 0; label < labels; ++label) {
            left[label] += weights[row * labels + label];
            right[label] -= weights[row * labels + label];
        }
        if (leftCount < m_fewest || films.size() - leftCount < m_fewest)
            continue;
        const double impurity = impurityOf(left) + impurityOf(right);
        if (impurity < best.impurity)
            best = {column, bin, impurity};
    }
}

} // namespace hilum
