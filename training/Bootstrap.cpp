#include "training/Bootstrap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "training/Random.h"
#include "training/Ranking.h"

namespace hilum {
namespace {

constexpr double kLowPercentile = 0.025;
constexpr double kHighPercentile = 0.975;

// The values of one figure, a resample each.
class Sample {
public:
    void add(std::optional<double> value) {
        if (value)
            m_values.push_back(*value);
    }
    std::optional<Interval> interval(int resamples) {
        if (m_values.empty() || 2 * m_values.size() < static_cast<std::size_t>(resamples))
            return std::nullopt;
        std::ranges::sort(m_values);
        if (m_values.front() == m_values.back())
            return std::nullopt;
        return Interval{percentile(kLowPercentile), percentile(kHighPercentile),
                        static_cast<int>(m_values.size())};
    }

private:
    std::vector<double> m_values;

    [[nodiscard]] double percentile(double fraction) const {
        const double rank = fraction * static_cast<double>(m_values.size() - 1);
        const auto below = static_cast<std::size_t>(rank);
        const std::size_t above = std::min(below + 1, m_values.size() - 1);
        return std::lerp(m_values[below], m_values[above], rank - static_cast<double>(below));
    }
};

// A ranking laid out for many walks over it.
struct WeightedRanking {
    struct Film {
        std::uint32_t index = 0; // of the prediction
        bool positive = false;
        bool endsTie = false; // the next film has another probability
    };
    std::vector<Film> films;

    WeightedRanking(const std::vector<FilmPrediction>& predictions, int label) {
        const Ranking ranking = rankingOf(predictions, label);
        for (const std::size_t film : ranking.films)
            films.push_back({static_cast<std::uint32_t>(film), predictions[film].truth == label});
        for (const Ranking::Cut& cut : ranking.cuts)
            films[cut.end - 1].endsTie = true;
    }

    // weights[i]: how often film i is there.
    [[nodiscard]] std::optional<double> rocAuc(const std::vector<std::uint32_t>& weights) const {
        double area = 0;
        std::uint64_t hits = 0, hitsBefore = 0, alarms = 0, tiedAlarms = 0;
        for (const Film& film : films) {
            const std::uint32_t weight = weights[film.index];
            hits += film.positive ? weight : 0;
            tiedAlarms += film.positive ? 0 : weight;
            if (!film.endsTie)
                continue;
            area += static_cast<double>(tiedAlarms) * static_cast<double>(hits + hitsBefore);
            alarms += tiedAlarms;
            hitsBefore = hits;
            tiedAlarms = 0;
        }
        if (hits == 0 || alarms == 0)
            return std::nullopt;
        return area / 2 / static_cast<double>(hits) / static_cast<double>(alarms);
    }
};

class Bootstrap {
public:
    Bootstrap(const std::vector<FilmPrediction>& predictions, int labelCount, const BootstrapOptions& options)
        : m_labelCount(labelCount), m_options(options), m_random(options.seed), m_weights(predictions.size()),
          m_f1(static_cast<std::size_t>(labelCount)), m_rocAuc(static_cast<std::size_t>(labelCount)) {
        for (const FilmPrediction& film : predictions)
            m_cells.push_back(static_cast<std::size_t>(film.truth) * static_cast<std::size_t>(labelCount) +
                              static_cast<std::size_t>(film.predicted()));
        for (int label = 0; label < labelCount; ++label)
            m_rankings.emplace_back(predictions, label);
        groupFilms();
    }

    BootstrapIntervals run() {
        for (int i = 0; i < m_options.resamples; ++i) {
            draw();
            addCounts();
            addAreas();
        }
        BootstrapIntervals intervals{.resamples = m_options.resamples,
                                     .seed = m_options.seed,
                                     .byPatient = m_patientCount < m_cells.size(),
                                     .units = static_cast<long>(m_patientCount),
                                     .accuracy = m_accuracy.interval(m_options.resamples),
                                     .macroF1 = m_macroF1.interval(m_options.resamples),
                                     .macroRocAuc = m_macroRocAuc.interval(m_options.resamples)};
        for (Sample& sample : m_f1)
            intervals.f1.push_back(sample.interval(m_options.resamples));
        for (Sample& sample : m_rocAuc)
            intervals.rocAuc.push_back(sample.interval(m_options.resamples));
        return intervals;
    }

private:
    int m_labelCount;
    const BootstrapOptions& m_options;
    Random m_random;
    std::vector<std::size_t> m_cells; // of the confusion matrix, one per film
    std::vector<WeightedRanking> m_rankings;
    std::vector<std::size_t> m_patients; // one per film
    std::size_t m_patientCount = 0;
    std::vector<std::uint32_t> m_patientWeights;
    std::vector<std::uint32_t> m_weights; // of this resample's films
    Sample m_accuracy, m_macroF1, m_macroRocAuc;
    std::vector<Sample> m_f1, m_rocAuc;

    void groupFilms() {
        std::map<std::string, std::size_t> numbers;
        for (std::size_t film = 0; film < m_cells.size(); ++film)
            m_patients.push_back(
                m_options.patients.empty()
                    ? film
                    : numbers.emplace(m_options.patients[film], numbers.size()).first->second);
        m_patientCount = m_options.patients.empty() ? m_cells.size() : numbers.size();
        m_patientWeights.resize(m_patientCount);
    }

    void draw() {
        std::ranges::fill(m_patientWeights, 0U);
        for (std::size_t i = 0; i < m_patientCount; ++i)
            ++m_patientWeights[m_random.below(m_patientCount)];
        for (std::size_t film = 0; film < m_weights.size(); ++film)
            m_weights[film] = m_patientWeights[m_patients[film]];
    }

    void addCounts() {
        const auto width = static_cast<std::size_t>(m_labelCount);
        ConfusionMatrix matrix{m_labelCount, std::vector<long>(width * width)};
        for (std::size_t film = 0; film < m_cells.size(); ++film)
            matrix.counts[m_cells[film]] += m_weights[film];
        m_accuracy.add(static_cast<double>(matrix.correct()) / static_cast<double>(matrix.total()));
        double sum = 0;
        const std::vector<ClassMetrics> classes = classMetrics(matrix);
        for (std::size_t label = 0; label < width; ++label) {
            sum += classes[label].f1;
            m_f1[label].add(classes[label].f1Undefined ? std::nullopt : std::optional(classes[label].f1));
        }
        m_macroF1.add(sum / static_cast<double>(width));
    }

    void addAreas() {
        double sum = 0;
        bool defined = true;
        for (std::size_t label = 0; label < m_rankings.size(); ++label) {
            const std::optional<double> area = m_rankings[label].rocAuc(m_weights);
            m_rocAuc[label].add(area);
            defined = defined && area.has_value();
            sum += area.value_or(0);
        }
        if (defined)
            m_macroRocAuc.add(sum / static_cast<double>(m_labelCount));
    }
};

} // namespace

BootstrapIntervals bootstrap(const std::vector<FilmPrediction>& predictions, int labelCount,
                             const BootstrapOptions& options) {
    if (predictions.empty())
        return {.resamples = 0,
                .seed = options.seed,
                .f1 = std::vector<std::optional<Interval>>(static_cast<std::size_t>(labelCount)),
                .rocAuc = std::vector<std::optional<Interval>>(static_cast<std::size_t>(labelCount))};
    return Bootstrap(predictions, labelCount, options).run();
}

} // namespace hilum
