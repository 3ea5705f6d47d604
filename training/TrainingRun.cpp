#include "training/TrainingRun.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "core/domain/Softmax.h"
#include "core/domain/UtcNow.h"
#include "core/network/ModelFile.h"
#include "core/storage/AtomicFile.h"
#include "training/CheckpointKeeper.h"
#include "training/Guarded.h"
#include "training/Predictor.h"
#include "training/Text.h"
#include "training/TrainingLoop.h"

namespace hilum {
namespace {

constexpr double kHeatMapPercentile = 0.95;
constexpr std::size_t kMostHeatMapFilms = 400; // more do not move the percentile
constexpr std::chrono::seconds kCheckpointPause{5};

class Run {
public:
    Run(const TrainingSession& session, const RunRequest& request) : m_session(session), m_request(request) {}

    Result<RunOutcome> run() {
        if (auto made = makeNetworkWithWeights(); !made)
            return tl::unexpected(made.error());
        auto written = writeFileAtomically(m_request.folder.config(), toJson(m_request.config)).and_then([&] {
            return writeFileAtomically(m_request.folder.split(),
                                       splitToCsv(m_session.index, m_request.split));
        });
        if (!written)
            return tl::unexpected(written.error());
        auto finished = train().and_then([&] { return test(); }).and_then([&] { return save(); });
        if (!finished)
            return tl::unexpected(finished.error());
        return std::move(m_outcome);
    }

private:
    const TrainingSession& m_session;
    const RunRequest& m_request;
    std::shared_ptr<Network> m_network;
    RunOutcome m_outcome;

    Result<void> makeNetworkWithWeights() {
        const TrainingConfig& config = m_session.config;
        torch::manual_seed(m_request.seed);
        auto network =
            makeNetwork(config.network, static_cast<int>(m_session.index.labels.size()), config.inputPlanes);
        if (!network)
            return tl::unexpected(network.error());
        m_network = *network;
        const InitialWeights& weights = m_session.weights;
        if (weights.file.empty())
            return {};
        auto loaded = loadInitialWeights(*m_network, weights.file, config.network);
        if (!loaded)
            return tl::unexpected(loaded.error());
        m_outcome.notes.push_back(
            std::to_string(loaded->loaded) + " tensors of " + weights.text() + " were used" +
            (loaded->skipped.empty()
                 ? "."
                 : "; of another shape, and left out: " + joined(loaded->skipped, ", ") + "."));
        return {};
    }

    Result<void> train() {
        const Split& split = m_request.split;
        const std::string configJson = toJson(m_request.config);
        TrainingInput input{.config = m_session.config,
                            .store = m_session.store,
                            .trainFilms = split.films(FilmSet::Train),
                            .validationFilms = split.films(FilmSet::Validation),
                            .seed = m_request.seed,
                            .threads = m_session.threads,
                            .featureFile = m_request.folder.features(),
                            .progress = [&](TrainingProgress progress) { report(std::move(progress)); },
                            .keep = {}};
        CheckpointKeeper keeper(m_request.folder, kCheckpointPause);
        input.keep = [&](const std::vector<EpochRecord>& history, const WeightState& weights, bool best) {
            return keeper.keep({static_cast<int>(history.size()), configJson, historyToCsv(history), weights}, best);
        };
        auto trained = trainNetwork(*m_network, input, m_session.stop);
        if (const Result<void> kept = keeper.flush(); trained && !kept)
            return kept;
        if (!trained)
            return tl::unexpected(trained.error());
        m_outcome.history = std::move(trained->history);
        m_outcome.bestEpoch = trained->bestEpoch;
        m_outcome.stopped = trained->stopped;
        return {};
    }

    Result<void> test() {
        const std::vector<std::size_t> films = m_request.split.films(FilmSet::Test);
        if (films.empty())
            return {};
        auto predictions = predictionsOf(films, TrainingPhase::Testing);
        if (!predictions)
            return tl::unexpected(predictions.error());
        m_outcome.predictions = std::move(*predictions);
        std::vector<std::string> patients;
        for (const std::size_t film : films)
            patients.push_back(m_session.index.films[film].patient);
        m_outcome.report =
            evaluationReport(m_session.index.labels, m_outcome.predictions, std::move(patients));
        m_outcome.report->testedOn = heldOutText(films.size(), m_session.config.split.grouping);
        return {};
    }

    Result<std::vector<FilmPrediction>> predictionsOf(const std::vector<std::size_t>& films, TrainingPhase phase) {
        PredictorOptions options = predictorOptions();
        options.progress = [&](long done, long total) {
            TrainingProgress progress;
            progress.phase = phase;
            progress.done = done;
            progress.total = total;
            report(std::move(progress));
        };
        const auto logits = predictFilms(*m_network, m_session.store, films, options);
        if (!logits)
            return tl::unexpected(logits.error());
        std::vector<FilmPrediction> predictions;
        for (std::size_t i = 0; i < films.size(); ++i) {
            const FilmEntry& film = m_session.index.films[films[i]];
            predictions.push_back({film.file, film.label, softmax(logits->values[i])});
        }
        return predictions;
    }

    Result<void> writeValidationPredictions() {
        const std::vector<std::size_t> films = m_request.split.films(FilmSet::Validation);
        if (films.empty())
            return {};
        return predictionsOf(films, TrainingPhase::Validating)
            .and_then([&](const std::vector<FilmPrediction>& predictions) {
                return writeFileAtomically(m_request.folder.validationPredictions(),
                                           predictionsToCsv(m_session.index.labels, predictions));
            });
    }

    // The model first, the evaluation last: the folder of a fold with evaluation.json is a finished one,
    // which is used again when the cross-validation is resumed. So a fold that was stopped gets none.
    Result<void> save() {
        auto scale = heatMapScale();
        if (!scale)
            return tl::unexpected(scale.error());
        const ModelCard card = makeCard(*scale);
        auto saved = guarded([&] { return saveModel(m_request.folder.model(), card, *m_network); });
        if (saved)
            saved = writeValidationPredictions();
        if (!saved || !m_outcome.report)
            return saved;
        auto sha256 = sha256OfFile(m_request.folder.model());
        if (!sha256)
            return tl::unexpected(sha256.error());
        EvaluationReport& figures = *m_outcome.report;
        figures.model = card.name;
        figures.modelSha256 = *sha256;
        figures.notes = card.limits;
        const RunFolder& folder = m_request.folder;
        return writeFileAtomically(folder.predictions(),
                                   predictionsToCsv(figures.labels, m_outcome.predictions))
            .and_then([&] { return writeFileAtomically(folder.evaluationText(), reportToText(figures)); })
            .and_then([&] {
                const bool unfinishedFold = m_outcome.stopped && m_request.fold > 0;
                return unfinishedFold ? Result<void>{}
                                      : writeFileAtomically(folder.evaluationJson(), reportToJson(figures));
            });
    }

    // 95th percentile over validation films (training films where there are none) of the strongest heat in
    // the map of the class that the film is taken for.
    Result<double> heatMapScale() {
        std::vector<std::size_t> films = m_request.split.films(FilmSet::Validation);
        if (films.empty())
            films = m_request.split.films(FilmSet::Train);
        if (films.size() > kMostHeatMapFilms) {
            std::vector<std::size_t> some;
            for (std::size_t i = 0; i < kMostHeatMapFilms; ++i)
                some.push_back(films[i * films.size() / kMostHeatMapFilms]);
            films = std::move(some);
        }
        auto peaks = heatMapPeaks(*m_network, m_session.store, films, predictorOptions());
        if (!peaks)
            return tl::unexpected(peaks.error());
        std::ranges::sort(*peaks);
        const auto rank =
            static_cast<std::size_t>(std::ceil(kHeatMapPercentile * static_cast<double>(peaks->size())));
        return (*peaks)[std::max<std::size_t>(rank, 1) - 1];
    }

    [[nodiscard]] ModelCard makeCard(double scale) const {
        const TrainingConfig& config = m_request.config;
        const DatasetIndex& index = m_session.index;
        const std::string dataName =
            std::filesystem::absolute(config.data).lexically_normal().filename().string();
        ModelCard card;
        card.name = !config.modelName.empty() ? config.modelName : config.network + " on " + dataName;
        card.version = config.modelVersion;
        card.architecture = config.network;
        card.labels = index.labels;
        card.preprocessing = preprocessingOf(config);
        card.createdUtc = utcNow();
        card.trainingCommand = trainingCommand(config);
        card.trainingData = !config.dataDescription.empty()
                                ? config.dataDescription
                                : std::to_string(index.films.size()) + " films: " + index.countsText();
        card.dataFingerprint = index.fingerprint;
        card.initialWeights = m_session.weights.text();
        card.limits = limits();
        card.heatMapScale = scale;
        if (m_outcome.report) {
            card.testAccuracy = m_outcome.report->accuracy;
            card.testedOn = m_outcome.report->testedOn;
        } else if (m_request.accuracy) {
            card.testAccuracy = *m_request.accuracy;
            card.testedOn = m_request.testedOn;
        }
        return card;
    }

    [[nodiscard]] std::vector<std::string> limits() const {
        std::vector<std::string> sentences = m_request.config.limits;
        const SplitConfig& split = m_request.config.split;
        if (split.grouping == Grouping::ByFilm)
            sentences.emplace_back(
                "Films of one patient may stand in training and test sets, which flatters the "
                "figures.");
        else if (!m_session.index.patientsKnown)
            sentences.emplace_back(
                "Patients could not be told apart; films of one patient may stand in training and "
                "test sets.");
        if (m_outcome.stopped)
            sentences.emplace_back("The training was stopped early.");
        return sentences;
    }

    [[nodiscard]] PredictorOptions predictorOptions() const {
        return {preprocessingOf(m_session.config), m_session.config.batchSize, m_session.threads, {}};
    }

    void report(TrainingProgress progress) const {
        progress.fold = m_request.fold;
        progress.folds = m_session.config.split.folds;
        m_session.progress(progress);
    }
};

} // namespace

std::string heldOutText(std::size_t films, Grouping grouping) {
    return std::to_string(films) + " held-out films, split by " +
           (grouping == Grouping::ByPatient ? "patient" : "film");
}

Result<RunOutcome> runTraining(const TrainingSession& session, const RunRequest& request) {
    return guarded([&] { return Run(session, request).run(); });
}

} // namespace hilum
