#include "training/DuplicateSearch.h"

#include <algorithm>

namespace hilum {
namespace {

constexpr unsigned kWordBits = 16;

std::size_t wordOf(std::uint64_t hash, std::size_t word) { return hash >> (kWordBits * word) & 0xFFFF; }

} // namespace

DuplicateSearch::DuplicateSearch(std::span<const FilmPrint> prints)
    : m_prints(prints), m_unions(prints.size()) {
    for (Table& table : m_tables)
        table.resize(std::size_t{1} << kWordBits);
}

void DuplicateSearch::probe(std::size_t word, std::size_t value, std::uint64_t hash) {
    for (const std::uint64_t other : m_tables[word][value]) {
        if (hammingDistance(hash, other) <= kNearHashBits)
            m_near.push_back(other);
    }
}

// The known hashes at most kNearHashBits away, each once.
void DuplicateSearch::findNear(std::uint64_t hash) {
    static_assert(kNearHashBits / kWords == 2); // bits of a word that are turned over
    m_near.clear();
    for (std::size_t word = 0; word < kWords; ++word) {
        const std::size_t own = wordOf(hash, word);
        probe(word, own, hash);
        for (unsigned first = 0; first < kWordBits; ++first) {
            const std::size_t turned = own ^ std::size_t{1} << first;
            probe(word, turned, hash);
            for (unsigned second = 0; second < first; ++second)
                probe(word, turned ^ std::size_t{1} << second, hash);
        }
    }
    std::ranges::sort(m_near);
    m_near.erase(std::unique(m_near.begin(), m_near.end()),
                 m_near.end()); // std::ranges' does not build with clang 14
}

void DuplicateSearch::insert(std::size_t film) {
    const std::uint64_t hash = m_prints[film].hash;
    std::vector<std::size_t>& films = m_films[hash];
    if (films.empty()) {
        for (std::size_t word = 0; word < kWords; ++word)
            m_tables[word][wordOf(hash, word)].push_back(hash);
    }
    films.push_back(film);
}

void DuplicateSearch::add(std::size_t film) {
    const FilmPrint& print = m_prints[film];
    findNear(print.hash);
    bool stoodFor = false; // by a film of its group with the same hash
    for (const std::uint64_t hash : m_near) {
        for (const std::size_t other : m_films.at(hash)) {
            if (likeness(print, m_prints[other]) < kNearLikeness)
                continue;
            m_unions.unite(film, other);
            stoodFor = stoodFor || hash == print.hash;
        }
    }
    if (!stoodFor)
        insert(film);
}

std::vector<std::vector<std::size_t>> DuplicateSearch::groups() { return m_unions.groups(); }

} // namespace hilum
