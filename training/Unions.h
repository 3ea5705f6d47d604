// Items that are united pair by pair into groups (union–find).
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace hilum {

class Unions {
public:
    explicit Unions(std::size_t count) : m_parents(count) {
        std::iota(m_parents.begin(), m_parents.end(), std::size_t{0});
    }
    // The smallest item of the group.
    std::size_t rootOf(std::size_t item) {
        while (m_parents[item] != item)
            item = m_parents[item] = m_parents[m_parents[item]];
        return item;
    }
    void unite(std::size_t a, std::size_t b) {
        const auto [low, high] = std::minmax({rootOf(a), rootOf(b)});
        m_parents[high] = low;
    }
    // Groups of two or more items, items ascending, groups by their first item.
    std::vector<std::vector<std::size_t>> groups() {
        std::vector<std::vector<std::size_t>> byRoot(m_parents.size());
        for (std::size_t item = 0; item < m_parents.size(); ++item)
            byRoot[rootOf(item)].push_back(item);
        std::erase_if(byRoot, [](const auto& group) { return group.size() < 2; });
        return byRoot;
    }

private:
    std::vector<std::size_t> m_parents;
};

} // namespace hilum
