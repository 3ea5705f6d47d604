#include "training/TrainingRun.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "core/domain/Softmax.h"
#include "core/domain/UtcNow.h"
#include "core/network/Device.h"
#include "core/network/ModelFile.h"
#include "core/storage/AtomicFile.h"
#include "training/Calibration.h"
#include "training/CheckpointKeeper.h"
#include "training/Guarded.h"
#include "training/PinnedFilms.h"
#include "training/Predictor.h"
#include "training/Text.h"
#include "training/TrainingLoop.h"
#include "training/TrainingState.h"

namespace hilum {
namespace {

constexpr double kHeatMapPercentile = 0.95;
constexpr std::size_t kMostHeatMapFilms = 400; // more do not move the percentile
constexpr std::chrono::seconds kLongestCheckpointPause{5};

// On the session's device, with random weights, or the session's; adds to notes what of them was used.
Result<std::shared_ptr<Network>> makeNetworkWithWeights(const TrainingSession& session, std::uint64_t seed,
                                                        std::vector<std::string>& notes) {
    const TrainingConfig& config = session.config;
    torch::manual_seed(seed);
    const auto device = findDevice(config.device);
    if (!device)
        return tl::unexpected(device.error());
    auto network =
        hilum::makeNetwork(config.network, static_cast<int>(session.index.labels.size()), config.inputPlanes);
    if (!network)
        return network;
    moveTo(**network, *device);
    const InitialWeights& weights = session.weights;
    if (weights.file.empty())
        return network;
    const auto loaded = loadInitialWeights(**network, weights.file, config.network);
    if (!loaded)
        return tl::unexpected(loaded.error());
    notes.push_back(std::to_string(loaded->loaded) + " tensors of " + weights.text() + " were used" +
                    (loaded->skipped.empty()
                         ? "."
                         : "; of another shape, and left out: " + joined(loaded->skipped, ", ") + "."));
    return network;
}

class Run {
public:
    Run(const TrainingSession& session, const RunRequest& request) : m_session(session), m_request(request) {}

    Result<RunOutcome> run() {
        auto finished = findState()
                            .and_then([&] { return makeNetwork(); })
                            .and_then([&] { return begin(); })
                            .and_then([&] { return train(); })
                            .and_then([&] { return test(); })
                            .and_then([&] { return save(); })
                            .and_then([&] { return complete(); });
        if (!finished)
            return tl::unexpected(finished.error());
        return std::move(m_outcome);
    }

private:
    const TrainingSession& m_session;
    const RunRequest& m_request;
    std::shared_ptr<Network> m_network;
    std::optional<TrainingState> m_from; // where to go on
    RunOutcome m_outcome;
    std::vector<FilmPrediction> m_validationPredictions;
    double m_temperature = 1; // of the model file

    Result<void> findState() {
        std::error_code ignored;
        if (m_request.existing != ExistingRun::Resume ||
            !std::filesystem::exists(m_request.folder.state(), ignored))
            return {};
        auto state = readTrainingState(m_request.folder.state());
        if (!state)
            return tl::unexpected(state.error());
        if (state->dataFingerprint != m_session.index.fingerprint ||
            readTextFile(m_request.folder.split()) != splitToCsv(m_session.index, m_request.split))
            return fail(
                ErrorCode::InvalidArgument,
                "The films have changed since the run was begun; it cannot go on. Overwrite it instead.",
                m_request.folder.root().string());
        m_from = std::move(*state);
        return {};
    }

    // From here on the folder holds a run that is not complete.
    Result<void> begin() {
        const RunFolder& folder = m_request.folder;
        auto written = writeFileAtomically(folder.config(), toJson(m_request.config)).and_then([&] {
            return writeFileAtomically(folder.split(), splitToCsv(m_session.index, m_request.split));
        });
        if (!written || m_from)
            return written;
        TrainingState nothingYet;
        nothingYet.dataFingerprint = m_session.index.fingerprint;
        return writeTrainingState(folder.state(), nothingYet);
    }

    // What was stopped may still go on.
    Result<void> complete() {
        std::error_code error;
        if (!m_outcome.stopped && !std::filesystem::remove(m_request.folder.state(), error) && error)
            return fail(ErrorCode::NotWritable, "The file cannot be removed: " + error.message() + ".",
                        m_request.folder.state().string());
        return {};
    }

    Result<void> makeNetwork() {
        return makeNetworkWithWeights(m_session, m_request.seed, m_outcome.notes)
            .map([&](std::shared_ptr<Network> network) { m_network = std::move(network); });
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
                            .keep = {},
                            .from = m_from ? &*m_from : nullptr};
        CheckpointKeeper keeper(m_request.folder, kLongestCheckpointPause);
        input.keep = [&](const KeptWeights& kept) {
            Checkpoint checkpoint{static_cast<int>(kept.history.size()), configJson,
                                  historyToCsv(kept.history), kept.weights};
            return keeper.keep(std::move(checkpoint), kept.best, withFingerprint(kept.state));
        };
        const std::vector<std::size_t> pinned = choosePinnedFilms(
            m_session.store, input.validationFilms, m_session.config.pinnedFilms, m_request.seed);
        if (!pinned.empty())
            input.look = [&](Network& network, int epoch) { return drawPinned(network, pinned, epoch); };
        if (m_from && !m_from->history.empty())
            note("The run goes on after epoch " + std::to_string(m_from->history.size()) + ".");
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

    Result<void> drawPinned(Network& network, const std::vector<std::size_t>& films, int epoch) const {
        auto drawn = drawPinnedFilms(network, m_session.store, m_session.index, films, predictorOptions(),
                                     m_request.folder, epoch);
        if (!drawn)
            return tl::unexpected(drawn.error());
        TrainingProgress progress;
        progress.phase = TrainingPhase::Validating;
        progress.epoch = epoch;
        progress.epochs = m_session.config.epochs;
        for (PinnedFilm& film : *drawn) { // of a fold too, relative to the folder of the whole run
            film.picture = (m_request.folder.root() / film.picture).lexically_relative(m_session.config.out);
            progress.pinnedFilms.push_back(std::move(film));
        }
        report(std::move(progress));
        return {};
    }

    [[nodiscard]] std::function<TrainingState()>
    withFingerprint(const std::function<TrainingState()>& state) const {
        if (!state)
            return {};
        return [this, state] {
            TrainingState complete = state();
            complete.dataFingerprint = m_session.index.fingerprint;
            return complete;
        };
    }

    Result<void> test() {
        const std::vector<std::size_t> films = m_request.split.films(FilmSet::Test);
        if (films.empty() || !m_request.tests)
            return {};
        if (m_outcome.stopped && m_outcome.history.empty()) {
            note("The training was stopped within its first epoch: the test films were not read.");
            return {};
        }
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

    Result<std::vector<FilmPrediction>> predictionsOf(const std::vector<std::size_t>& films,
                                                      TrainingPhase phase) {
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

    // The temperature that the validation films ask for, and their predictions before it.
    Result<void> calibrate() {
        const std::vector<std::size_t> films = m_request.split.films(FilmSet::Validation);
        if (films.empty())
            return {};
        auto predictions = predictionsOf(films, TrainingPhase::Validating);
        if (!predictions)
            return tl::unexpected(predictions.error());
        m_validationPredictions = std::move(*predictions);
        m_temperature = temperatureOf(m_validationPredictions);
        return {};
    }

    Result<void> writeValidationPredictions() const {
        if (m_validationPredictions.empty())
            return {};
        return writeFileAtomically(m_request.folder.validationPredictions(),
                                   predictionsToCsv(m_session.index.labels, m_validationPredictions));
    }

    // The model first, the evaluation last: the folder of a fold or a repetition with evaluation.json is a
    // finished one, which is used again when the whole is resumed. So a part that was stopped gets none.
    Result<void> save() {
        auto scale = heatMapScale();
        if (!scale)
            return tl::unexpected(scale.error());
        if (auto calibrated = calibrate(); !calibrated)
            return calibrated;
        const ModelCard card = makeCard(*scale);
        auto saved = guarded([&] { return saveOnProcessor(card); });
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
        if (m_temperature != 1)
            figures.notes.push_back("The model file divides logits by a temperature of " +
                                    fixedText(m_temperature, 2) + ", fitted on " +
                                    std::to_string(m_validationPredictions.size()) +
                                    " validation films; the probabilities here are those before it.");
        const RunFolder& folder = m_request.folder;
        return writeFileAtomically(folder.predictions(),
                                   predictionsToCsv(figures.labels, m_outcome.predictions))
            .and_then([&] { return writeFileAtomically(folder.evaluationText(), reportToText(figures)); })
            .and_then([&] {
                const bool unfinishedPart = m_outcome.stopped && m_request.part > 0;
                return unfinishedPart ? Result<void>{}
                                      : writeFileAtomically(folder.evaluationJson(), reportToJson(figures));
            });
    }

    // Where its reference logits will be compared.
    Result<void> saveOnProcessor(const ModelCard& card) {
        const c10::Device device = m_network->device();
        moveTo(*m_network, at::kCPU);
        auto saved = saveModel(m_request.folder.model(), card, *m_network);
        moveTo(*m_network, device);
        return saved;
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
        card.temperature = m_temperature;
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
        if (m_outcome.report) {
            const double guessing = m_outcome.report->confusion.guessing();
            if (m_outcome.report->accuracy.low <= guessing)
                sentences.emplace_back(
                    "Not shown to be better than guessing: always naming the most frequent class gives " +
                    percentText(guessing) + ".");
        }
        return sentences;
    }

    [[nodiscard]] PredictorOptions predictorOptions() const {
        return {preprocessingOf(m_session.config), m_session.config.batchSize, m_session.threads, {}};
    }

    void note(std::string text) const {
        TrainingProgress progress;
        progress.note = std::move(text);
        report(std::move(progress));
    }

    void report(TrainingProgress progress) const {
        const TrainingConfig& whole = m_session.config;
        progress.part = m_request.part;
        progress.repeats = whole.repeats > 1;
        progress.parts = progress.repeats ? whole.repeats : whole.split.folds;
        m_session.progress(progress);
    }
};

} // namespace

std::string heldOutText(std::size_t films, Grouping grouping) {
    return std::to_string(films) + " held-out films, split by " +
           (grouping == Grouping::ByPatient ? "patient" : "film");
}

Result<RateCurve> findRate(const TrainingSession& session, const Split& split, const RateSweep& sweep) {
    std::vector<std::string> notes;
    const auto network = makeNetworkWithWeights(session, session.config.seed, notes);
    if (!network)
        return tl::unexpected(network.error());
    const RunFolder folder(session.config.out);
    const TrainingInput input{.config = session.config,
                              .store = session.store,
                              .trainFilms = split.films(FilmSet::Train),
                              .validationFilms = {},
                              .seed = session.config.seed,
                              .threads = session.threads,
                              .featureFile = folder.features(),
                              .progress = session.progress,
                              .keep = {}};
    return sweepRates(**network, input, sweep, session.stop);
}

Result<RunOutcome> runTraining(const TrainingSession& session, const RunRequest& request) {
    return guarded([&] { return Run(session, request).run(); });
}

} // namespace hilum
