// Near duplicates among many films, without comparing every pair: films whose hashes differ in at most 11 of
// 64 bits agree in one of the four 16-bit words up to two bits, and are found by looking that word up with
// every two bits turned over (multi-index hashing, Norouzi et al. 2012). Used from one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "training/FilmFacts.h"
#include "training/Unions.h"

namespace hilum {

inline constexpr int kNearHashBits = 11;

class DuplicateSearch {
public:
    // The prints outlive the search.
    explicit DuplicateSearch(std::span<const FilmPrint> prints);

    // Holds a film against those added before. Every film at most once.
    void add(std::size_t film);

    // Of the films added, those that are alike, also by way of a third one; two or more each, ascending.
    [[nodiscard]] std::vector<std::vector<std::size_t>> groups();

private:
    static constexpr std::size_t kWords = 4;
    // word of a hash -> distinct hashes that have it
    using Table = std::vector<std::vector<std::uint64_t>>;

    std::span<const FilmPrint> m_prints;
    std::array<Table, kWords> m_tables;
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> m_films; // with that hash, one of each group
    std::vector<std::uint64_t> m_near;                                   // scratch
    Unions m_unions;

    void findNear(std::uint64_t hash);
    void probe(std::size_t word, std::size_t value, std::uint64_t hash);
    void insert(std::size_t film);
};

} // namespace hilum
