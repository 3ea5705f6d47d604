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
        if (film.nearGroup >= 0)
            keys.push_back("near " + std::to_string(film.nearGroup));
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

// One fold for each source.
Result<std::vector<int>> foldsOfSources(const DatasetIndex& index) {
    const std::vector<std::string> sources = index.sources();
    std::vector<int> folds;
    for (const FilmEntry& film : index.films) {
        if (film.source.empty())
            return fail(ErrorCode::InvalidArgument, "This film has no source.", film.file.generic_string());
        folds.push_back(static_cast<int>(std::ranges::find(sources, film.source) - sources.begin()));
    }
    return folds;
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

namespace {

// Only called where the data give sets.
Result<Split> givenSplit(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed) {
    Split split;
    for (const FilmEntry& film : index.films)
        split.sets.push_back(*film.set);
    if (config.validation > 0 && split.films(FilmSet::Validation).empty()) {
        const double kept = config.train + config.validation;
        const std::vector<int> parts =
            dealOut(index, split.films(FilmSet::Train), {config.train / kept, config.validation / kept},
                    config.grouping, Random(seed, ValidationStream));
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (parts[i] >= 0)
                split.sets[i] = static_cast<FilmSet>(parts[i]);
        }
    }
    return checked(index, std::move(split), config.validation > 0, false);
}

} // namespace

Result<Split> splitFor(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed) {
    if (!config.file.empty()) {
        const auto rows =
            readTextFile(config.file).and_then([](const std::string& text) { return parseSplitCsv(text); });
        return rows ? savedSplit(index, *rows) : Result<Split>(tl::unexpected(rows.error()));
    }
    return config.given && index.hasGivenSets() ? givenSplit(index, config, seed)
                                                : makeSplit(index, config, seed);
}

Result<int> foldCount(const DatasetIndex& index, const SplitConfig& config) {
    if (!config.leaveOneSourceOut)
        return config.folds;
    const auto count = static_cast<int>(index.sources().size());
    if (count < 2)
        return fail(
            ErrorCode::InvalidArgument,
            "To leave one source out, films of two sources are needed: a table with a column of them.",
            index.root.string());
    return count;
}

Result<std::vector<int>> makeFolds(const DatasetIndex& index, const SplitConfig& config, std::uint64_t seed) {
    if (const auto known = foldCount(index, config); !known)
        return tl::unexpected(known.error());
    if (config.leaveOneSourceOut)
        return foldsOfSources(index);
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

Result<Split> savedSplit(const DatasetIndex& index, const std::vector<SplitRow>& rows) {
    std::map<std::string, const SplitRow*> rowOf;
    for (const SplitRow& row : rows)
        rowOf[row.file] = &row;
    Split split;
    for (const FilmEntry& film : index.films) {
        const std::string file = film.file.generic_string();
        const auto row = rowOf.extract(file);
        if (row.empty())
            return fail(ErrorCode::InvalidArgument, "The saved split has no row for this film.", file);
        if (row.mapped()->label != index.labels[static_cast<std::size_t>(film.label)])
            return fail(ErrorCode::InvalidArgument, "The saved split has this film in another class.", file);
        const auto set = filmSetOf(row.mapped()->set);
        if (!set)
            return fail(ErrorCode::InvalidArgument, "A set is train, validation or test.", file);
        split.sets.push_back(*set);
    }
    for (const SkippedFile& file : index.skipped)
        rowOf.erase(file.file.generic_string());
    if (!rowOf.empty())
        return fail(ErrorCode::NotFound, "The saved split names this film, but it is not there.",
                    rowOf.begin()->first);
    return checked(index, std::move(split), false, false);
}

} // namespace hilum
