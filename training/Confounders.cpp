#include "training/Confounders.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "training/Metrics.h"
#include "training/PropertyTree.h"
#include "training/Split.h"
#include "training/Text.h"

namespace hilum {
namespace {

constexpr int kFolds = 5;
constexpr std::uint64_t kSeed = 1; // of the folds: the same data give the same figures
constexpr double kStrong = 0.5;    // of the way from guessing to certainty

using Column = std::vector<std::uint8_t>;

// A name for people, and the columns that belong to it.
struct Property {
    std::string name;
    std::vector<Column> columns;
};

// The films that can be tested, in the order of the index.
struct Sample {
    std::vector<const FilmFacts*> facts;
    std::vector<int> labels;
    std::vector<int> folds;
    std::vector<std::string> sources;    // empty where no film names one
    std::vector<double> patientsOfLabel; // distinct patients with films of the label
    double patients = 0;
    std::vector<double> filmsOfLabel;
};

Sample sampleOf(const DatasetIndex& index, const std::vector<std::optional<FilmFacts>>& facts,
                const std::vector<int>& folds) {
    Sample sample;
    sample.filmsOfLabel.resize(index.labels.size());
    std::vector<std::set<std::string_view>> patients(index.labels.size());
    std::set<std::string_view> all;
    for (std::size_t i = 0; i < index.films.size(); ++i) {
        if (!facts[i])
            continue;
        const FilmEntry& film = index.films[i];
        sample.facts.push_back(&*facts[i]);
        sample.labels.push_back(film.label);
        sample.folds.push_back(folds[i]);
        sample.sources.push_back(film.source);
        sample.filmsOfLabel[static_cast<std::size_t>(film.label)] += 1;
        patients[static_cast<std::size_t>(film.label)].insert(film.patient);
        all.insert(film.patient);
    }
    for (const auto& ofLabel : patients)
        sample.patientsOfLabel.push_back(static_cast<double>(ofLabel.size()));
    sample.patients = static_cast<double>(all.size());
    return sample;
}

template <class Value>
Column column(const Sample& sample, const Value& value) {
    std::vector<double> values(sample.facts.size());
    std::ranges::transform(sample.facts, values.begin(),
                           [&](const FilmFacts* facts) { return static_cast<double>(value(*facts)); });
    return binned(values);
}

// Texts become numbers: rare ones the lower ones, so that a tree can cut common ones apart.
Column textColumn(const std::vector<std::string>& texts) {
    std::map<std::string, std::size_t> counts;
    for (const std::string& text : texts)
        ++counts[text];
    std::vector<std::pair<std::size_t, std::string>> order;
    for (const auto& [text, count] : counts)
        order.emplace_back(count, text);
    std::ranges::sort(order);
    std::map<std::string, double> numbers;
    for (const auto& entry : order)
        numbers.emplace(entry.second, static_cast<double>(numbers.size()));
    std::vector<double> values;
    for (const std::string& text : texts)
        values.push_back(numbers.at(text));
    return binned(values);
}

std::vector<Property> propertiesOf(const Sample& sample) {
    std::vector<std::string> encodings;
    for (const FilmFacts* facts : sample.facts)
        encodings.push_back(facts->encoding);
    std::vector<Property> properties;
    properties.push_back({"width", {column(sample, [](const FilmFacts& f) { return f.widthPx; })}});
    properties.push_back({"height", {column(sample, [](const FilmFacts& f) { return f.heightPx; })}});
    properties.push_back({"aspect", {column(sample, [](const FilmFacts& f) { return f.aspect(); })}});
    properties.push_back({"border",
                          {column(sample, [](const FilmFacts& f) { return f.borderGrey; }),
                           column(sample, [](const FilmFacts& f) { return f.borderDark; })}});
    properties.push_back({"brightness", {column(sample, [](const FilmFacts& f) { return f.meanGrey; })}});
    properties.push_back({"contrast", {column(sample, [](const FilmFacts& f) { return f.deviation; })}});
    properties.push_back({"bit depth", {column(sample, [](const FilmFacts& f) { return f.bitsStored; })}});
    properties.push_back({"file format", {textColumn(encodings)}});
    if (std::ranges::any_of(sample.sources, [](const std::string& source) { return !source.empty(); }))
        properties.push_back({"source", {textColumn(sample.sources)}});
    return properties;
}

// The predictions of the films held out, by trees that learnt from the others.
std::vector<int> heldOut(const Sample& sample, const std::vector<const Column*>& columns,
                         const std::vector<double>& classWeights) {
    std::vector<int> predictions(sample.labels.size());
    for (int fold = 0; fold < kFolds; ++fold) {
        std::vector<std::size_t> learnt, tested;
        for (std::size_t film = 0; film < sample.folds.size(); ++film)
            (sample.folds[film] == fold ? tested : learnt).push_back(film);
        const PropertyTree tree({columns, sample.labels, classWeights}, std::move(learnt));
        for (const std::size_t film : tested)
            predictions[film] = tree.predicted(film);
    }
    return predictions;
}

// Wilson's interval around a share of films, as wide as the number of patients allows.
Proportion countingPatients(double share, double patients) {
    Proportion proportion = wilson(std::lround(share * patients), std::lround(patients));
    proportion.value = share;
    proportion.low = std::min(proportion.low, share);
    proportion.high = std::max(proportion.high, share);
    return proportion;
}

double accuracyOf(const Sample& sample, const std::vector<int>& predictions) {
    long hits = 0;
    for (std::size_t film = 0; film < predictions.size(); ++film)
        hits += predictions[film] == sample.labels[film] ? 1 : 0;
    return static_cast<double>(hits) / static_cast<double>(predictions.size());
}

std::vector<double> recallsOf(const Sample& sample, const std::vector<int>& predictions) {
    std::vector<double> recalls(sample.filmsOfLabel.size());
    for (std::size_t film = 0; film < predictions.size(); ++film) {
        if (predictions[film] == sample.labels[film])
            recalls[static_cast<std::size_t>(sample.labels[film])] += 1;
    }
    for (std::size_t label = 0; label < recalls.size(); ++label)
        recalls[label] /= sample.filmsOfLabel[label];
    return recalls;
}

Proportion meanOfRecalls(const Sample& sample, const std::vector<double>& recalls) {
    double sum = 0, below = 0, above = 0;
    for (std::size_t label = 0; label < recalls.size(); ++label) {
        const Proportion recall = countingPatients(recalls[label], sample.patientsOfLabel[label]);
        sum += recall.value;
        below += (recall.value - recall.low) * (recall.value - recall.low);
        above += (recall.high - recall.value) * (recall.high - recall.value);
    }
    const auto count = static_cast<double>(recalls.size());
    Proportion mean;
    mean.value = sum / count;
    mean.low = std::max(0.0, (sum - std::sqrt(below)) / count);
    mean.high = std::min(1.0, (sum + std::sqrt(above)) / count);
    mean.count = std::lround(sample.patients);
    return mean;
}

ConfounderTest tested(const Sample& sample, std::string name, const std::vector<const Column*>& columns) {
    const std::size_t labels = sample.filmsOfLabel.size();
    std::vector<double> balancing;
    for (const double films : sample.filmsOfLabel)
        balancing.push_back(1 / films);
    ConfounderTest test;
    test.property = std::move(name);
    test.accuracy = countingPatients(
        accuracyOf(sample, heldOut(sample, columns, std::vector<double>(labels, 1))), sample.patients);
    test.recalls = recallsOf(sample, heldOut(sample, columns, balancing));
    test.balancedAccuracy = meanOfRecalls(sample, test.recalls);
    test.tellsClasses = test.balancedAccuracy.low > 1 / static_cast<double>(labels) + kConfounderMargin;
    return test;
}

std::string verdictOf(const Confounders& found) {
    const ConfounderTest& all = found.tests.back();
    std::vector<std::string> telling;
    const ConfounderTest* best = &all;
    for (const ConfounderTest& test : found.tests) {
        if (test.tellsClasses && test.property != kAllProperties)
            telling.push_back(test.property);
        if (!all.tellsClasses && test.tellsClasses &&
            test.balancedAccuracy.value > best->balancedAccuracy.value)
            best = &test;
    }
    const std::string figures = "a balanced accuracy of " + percentText(best->balancedAccuracy.value) +
                                " (95 % interval " + percentText(best->balancedAccuracy.low) + " to " +
                                percentText(best->balancedAccuracy.high) + "), guessing " +
                                percentText(found.balancedGuessing);
    if (!found.found())
        return "No confounder found: image properties alone do no better than guessing by a margin that "
               "counts.";
    const double way = (best->balancedAccuracy.value - found.balancedGuessing) / (1 - found.balancedGuessing);
    return std::string(way >= kStrong ? "Strong confounding: " : "Confounding: ") +
           "image properties alone give away the class, with " + figures + "." +
           (telling.empty() ? " None does so alone." : " Alone: " + joined(telling, ", ") + ".") +
           " A network can learn them instead of the lungs.";
}

std::string tooFewPatients(const DatasetIndex& index, const Sample& sample) {
    for (std::size_t label = 0; label < sample.patientsOfLabel.size(); ++label) {
        if (sample.patientsOfLabel[label] < kFolds)
            return "Not tested: the class " + index.labels[label] + " has fewer than " +
                   std::to_string(kFolds) + " patients whose films can be read.";
    }
    return index.labels.size() < 2 ? "Not tested: there is one class only." : "";
}

} // namespace

bool Confounders::found() const { return std::ranges::any_of(tests, &ConfounderTest::tellsClasses); }

Confounders findConfounders(const DatasetIndex& index, const std::vector<std::optional<FilmFacts>>& facts) {
    Confounders result;
    SplitConfig config;
    config.folds = kFolds;
    const auto folds = makeFolds(index, config, kSeed);
    if (!folds) {
        result.verdict = "Not tested: " + folds.error().message;
        return result;
    }
    const Sample sample = sampleOf(index, facts, *folds);
    result.verdict = tooFewPatients(index, sample);
    if (!result.verdict.empty())
        return result;
    result.guessing = std::ranges::max(sample.filmsOfLabel) / static_cast<double>(sample.labels.size());
    result.balancedGuessing = 1 / static_cast<double>(index.labels.size());
    const std::vector<Property> properties = propertiesOf(sample);
    std::vector<const Column*> all;
    for (const Property& property : properties) {
        std::vector<const Column*> columns;
        std::ranges::transform(property.columns, std::back_inserter(columns),
                               [](const Column& c) { return &c; });
        all.insert(all.end(), columns.begin(), columns.end());
        result.tests.push_back(tested(sample, property.name, columns));
    }
    result.tests.push_back(tested(sample, kAllProperties, all));
    result.verdict = verdictOf(result);
    return result;
}

} // namespace hilum
