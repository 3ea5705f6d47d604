#include "training/Split.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <span>

#include "training/Random.h"
#include "training/Text.h"
#include "training/Unions.h"

namespace hilum {
namespace {

// Films that must not be torn apart, as indices into the index, ascending.
using Group = std::vector<std::size_t>;

// Random streams of a seed, one per purpose.
enum Stream : std::uint64_t { SplitStream = 1, FoldStream = 2, ValidationStream = 3 };

std::vector<Group> groupsOf(const DatasetIndex& index, const std::vector<std::size_t>& films,
                            Grouping grouping) {
    Unions unions(films.size());
    std::map<std::string, std::size_t> firstWith;
    for (std::size_t i = 0; i < films.size(); ++i) {
        const FilmEntry& film = index.films[films[i]];
        std::vector<std::string> keys{"content " + film.sha256};
        if (grouping == Grouping::ByPatient)
            keys.push_back("patient " + film.patient);
        for (const std::string& key : keys)
            unions.unite(i, firstWith.try_emplace(key, i).first->second);
    }
    std::map<std::size_t, Group> byRoot;
    for (std::size_t i = 0; i < films.size(); ++i)
        byRoot[unions.rootOf(i)].push_back(films[i]);
    std::vector<Group> groups;
    for (auto& [root, group] : byRoot)
        groups.push_back(std::move(group));
    return groups;
}

std::vector<double> labelCounts(const DatasetIndex& index, const Group& films) {
    std::vector<double> counts(index.labels.size());
    for (const std::size_t film : films)
        counts[static_cast<std::size_t>(index.films[film].label)] += 1;
    return counts;
}

// Deals films out into parts of the given shares, class by class. Groups come in random order, the large ones
// first; each goes where the sum of ((count − wanted)² / wanted) over classes grows least, which for groups
// of one film is Sainte-Laguë's apportionment: every part is as near its share as whole films allow.
std::vector<int> dealOut(const DatasetIndex& index, const std::vector<std::size_t>& films,
                         const std::vector<double>& shares, Grouping grouping, Random random) {
    std::vector<Group> groups = groupsOf(index, films, grouping);
    random.shuffle(std::span(groups));
    std::ranges::stable_sort(groups, std::greater{}, &Group::size);
    const std::vector<double> total = labelCounts(index, films);
    std::vector<std::vector<double>> counts(shares.size(), std::vector<double>(total.size()));
    std::vector<int> parts(index.films.size(), -1);

    const auto growth = [&](std::size_t part, const std::vector<double>& added) {
        double sum = 0;
        for (std::size_t label = 0; label < total.size(); ++label) {
            if (added[label] == 0)
                continue;
            const double wanted = total[label] * shares[part];
            sum += added[label] * (2 * (counts[part][label] - wanted) + added[label]) / wanted;
        }
        return sum;
    };
    for (const Group& group : groups) {
        const std::vector<double> added = labelCounts(index, group);
        std::size_t best = shares.size();
        for (std::size_t part = 0; part < shares.size(); ++part) {
            if (shares[part] > 0 && (best == shares.size() || growth(part, added) < growth(best, added)))
                best = part;
        }
        for (std::size_t label = 0; label < total.size(); ++label)
            counts[best][label] += added[label];
        for (const std::size_t film : group)
            parts[film] = static_cast<int>(best);
    }
    return parts;
}

tl::unexpected<Error> tooFew(const std::string& what, const std::string& label) {
    return fail(ErrorCode::InvalidArgument,
                "There are too few films or patients of this class: none would be left for the " + what + ".",
                label);
}

// Every class must be learnt, and what is asked for must not be empty.
Result<Split> checked(const DatasetIndex& index, Split split, bool wantValidation, bool wantTest) {
    const std::vector<double> learnt = labelCounts(index, split.films(FilmSet::Train));
    for (std::size_t label = 0; label < learnt.size(); ++label) {
        if (learnt[label] == 0)
            return tooFew("training set", index.labels[label]);
    }
    if (wantValidation && split.films(FilmSet::Validation).empty())
        return tooFew("validation set", joined(index.labels, ", "));
    if (wantTest && split.films(FilmSet::Test).empty())
        return tooFew("test set", joined(index.labels, ", "));
    return split;
}

std::vector<std::size_t> allFilms(const DatasetIndex& index) {
    std::vector<std::size_t> films(index.films.size());
    std::iota(films.begin(), films.end(), 0U);
    return films;
}

} // namespace

std::vector<std::size_t> Split::films(FilmSet set) const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        if (sets[i] == set)
            result.push_back(i);
    }
    return result;
}

Result<Split> makeSplit(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed) {
    const std::vector<int> parts =
        dealOut(index, allFilms(index), {config.train, config.validation, config.test}, config.grouping,
                Random(seed, SplitStream));
    Split split;
    for (const int part : parts)
        split.sets.push_back(static_cast<FilmSet>(part));
    return checked(index, std::move(split), config.validation > 0, config.test > 0);
}

Result<std::vector<int>> makeFolds(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed) {
    const auto count = static_cast<std::size_t>(config.folds);
    std::vector<int> folds = dealOut(index, allFilms(index), std::vector(count, 1.0 / config.folds),
                                     config.grouping, Random(seed, FoldStream));
    for (int fold = 0; fold < config.folds; ++fold) {
        if (std::ranges::find(folds, fold) == folds.end())
            return fail(ErrorCode::InvalidArgument, "There are too few films or patients for so many folds.",
                        std::to_string(config.folds));
    }
    return folds;
}

Result<Split> splitOfFold(const DatasetIndex& index, const std::vector<int>& folds, int fold,
                          const SplitConfig& config, std::uint64_t seed) {
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < folds.size(); ++i) {
        if (folds[i] != fold)
            rest.push_back(i);
    }
    const double kept = config.train + config.validation;
    const std::vector<int> parts =
        dealOut(index, rest, {config.train / kept, config.validation / kept}, config.grouping,
                Random(seed, ValidationStream, static_cast<std::uint64_t>(fold)));
    Split split;
    for (std::size_t i = 0; i < folds.size(); ++i)
        split.sets.push_back(folds[i] == fold ? FilmSet::Test : static_cast<FilmSet>(parts[i]));
    return checked(index, std::move(split), config.validation > 0, true);
}

Result<Split> splitWithoutTest(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed) {
    SplitConfig whole = config;
    whole.train = config.train / (config.train + config.validation);
    whole.validation = config.validation / (config.train + config.validation);
    whole.test = 0;
    return makeSplit(index, whole, seed);
}

std::string splitToCsv(const DatasetIndex& index, const Split& split) {
    std::string text = csvRow({"file", "label", "patient", "set"});
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        const FilmEntry& film = index.films[i];
        text += csvRow({film.file.generic_string(), index.labels[static_cast<std::size_t>(film.label)],
                        film.patient, std::string(toString(split.sets[i]))});
    }
    return text;
}

std::string foldsToCsv(const DatasetIndex& index, const std::vector<int>& folds) {
    std::string text = csvRow({"file", "label", "patient", "fold"});
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        const FilmEntry& film = index.films[i];
        text += csvRow({film.file.generic_string(), index.labels[static_cast<std::size_t>(film.label)],
                        film.patient, std::to_string(folds[i] + 1)});
    }
    return text;
}

Result<std::vector<SplitRow>> parseSplitCsv(std::string_view text) {
    auto rows = parseCsv(text);
    if (!rows)
        return tl::unexpected(rows.error());
    const std::vector<std::string> header{"file", "label", "patient", "set"};
    if (rows->empty() || rows->front() != header)
        return fail(ErrorCode::Damaged, "The table of a split begins with file,label,patient,set.");
    std::vector<SplitRow> result;
    for (auto row = rows->begin() + 1; row != rows->end(); ++row) {
        if (row->size() != header.size())
            return fail(ErrorCode::Damaged, "A row of the split has not four cells.",
                        "row " + std::to_string(row - rows->begin() + 1));
        result.push_back({(*row)[0], (*row)[1], (*row)[2], (*row)[3]});
    }
    return result;
}

} // namespace hilum
