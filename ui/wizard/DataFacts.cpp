#include "ui/wizard/DataFacts.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace hilum {
namespace {

constexpr std::size_t kExamples = 3;
constexpr std::size_t kSets = 3; // training, validation, test

} // namespace

DataFacts dataFacts(const DatasetIndex& index) {
    DataFacts facts;
    facts.films = index.countsByLabel();
    std::unordered_set<std::string_view> patients;
    for (const FilmEntry& film : index.films)
        patients.insert(film.patient);
    facts.patients = patients.size();
    const std::size_t step = std::max<std::size_t>(1, index.films.size() / kExamples);
    for (std::size_t i = 0; i < index.films.size() && facts.examples.size() < kExamples; i += step)
        facts.examples.emplace_back(index.films[i].file.filename().string(), index.films[i].patient);
    return facts;
}

SplitFacts splitFacts(const DatasetIndex& index, const Split& split, const std::vector<int>& folds) {
    const std::size_t count =
        folds.empty() ? kSets : static_cast<std::size_t>(*std::ranges::max_element(folds)) + 1;
    SplitFacts facts;
    facts.sets.assign(count, SetFacts{std::vector<long>(index.labels.size()), 0});
    std::unordered_map<std::string_view, std::vector<bool>> setsOfPatient;
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        const auto set = static_cast<std::size_t>(folds.empty() ? static_cast<int>(split.sets[i]) : folds[i]);
        ++facts.sets[set].films[static_cast<std::size_t>(index.films[i].label)];
        std::vector<bool>& seen = setsOfPatient[index.films[i].patient];
        seen.resize(count);
        seen[set] = true;
    }
    for (const auto& [patient, seen] : setsOfPatient) {
        for (std::size_t set = 0; set < count; ++set)
            facts.sets[set].patients += seen[set] ? 1 : 0;
        facts.patientsInSeveral += std::ranges::count(seen, true) > 1 ? 1 : 0;
    }
    return facts;
}

} // namespace hilum
