#include "training/CrossValidation.h"

#include <map>

#include "core/storage/AtomicFile.h"
#include "training/PartOfRun.h"
#include "training/Text.h"

namespace hilum {
namespace {

class CrossValidation {
public:
    CrossValidation(const TrainingSession& session, const RunFolder& root, ExistingRun existing)
        : m_session(session), m_config(session.config), m_root(root), m_existing(existing) {}

    Result<TrainingOutcome> run() {
        auto folds = makeFolds(m_session.index, m_config.split, m_config.seed);
        if (!folds)
            return tl::unexpected(folds.error());
        auto written = writeFileAtomically(m_root.config(), toJson(m_config)).and_then([&] {
            return writeFileAtomically(m_root.folds(), foldsToCsv(m_session.index, *folds));
        });
        if (!written)
            return tl::unexpected(written.error());
        for (int fold = 0; fold < m_config.split.folds && !m_outcome.stopped; ++fold) {
            if (auto ran = runFold(*folds, fold); !ran)
                return tl::unexpected(ran.error());
        }
        if (m_accuracies.empty())
            return fail(ErrorCode::Cancelled, "The cross-validation was stopped in its first fold.",
                        m_root.root().string());
        auto finished = writeReport().and_then([&] { return trainFinalModel(); });
        if (!finished)
            return tl::unexpected(finished.error());
        return std::move(m_outcome);
    }

private:
    const TrainingSession& m_session;
    const TrainingConfig& m_config;
    const RunFolder& m_root;
    ExistingRun m_existing;
    TrainingOutcome m_outcome;
    std::vector<FilmPrediction> m_predictions;
    std::vector<Proportion> m_accuracies;

    // A fold's seed follows from the seed and its number, so that it does not depend on the folds before it.
    [[nodiscard]] RunRequest requestFor(const RunFolder& folder, Split split, int fold) const {
        RunRequest request{
            folder, std::move(split),    m_config, m_config.seed + static_cast<std::uint64_t>(fold),
            fold,   ExistingRun::Refuse, {},       {}};
        request.config.out = folder.root();
        return request;
    }

    Result<void> runFold(const std::vector<int>& folds, int fold) {
        auto split = splitOfFold(m_session.index, folds, fold, m_config.split, m_config.seed);
        if (!split)
            return tl::unexpected(split.error());
        auto part =
            runPart(m_session, requestFor(m_root.fold(fold + 1), std::move(*split), fold + 1), m_existing);
        if (!part && part.error().code == ErrorCode::Cancelled) {
            m_outcome.stopped = true;
            return {};
        }
        if (!part)
            return tl::unexpected(part.error());
        if (part->wasFinished)
            note("Fold " + std::to_string(fold + 1) + " was finished before and is used again.");
        m_outcome.stopped = part->run.stopped;
        if (part->run.stopped)
            return {}; // its weights and figures stay in its folder, but are no part of the estimate
        addFold(part->run.predictions);
        if (fold == 0)
            m_outcome.notes = part->run.notes;
        return {};
    }

    void addFold(const std::vector<FilmPrediction>& predictions) {
        const ConfusionMatrix matrix =
            confusionMatrix(predictions, static_cast<int>(m_session.index.labels.size()));
        m_accuracies.push_back(wilson(matrix.correct(), matrix.total()));
        m_predictions.insert(m_predictions.end(), predictions.begin(), predictions.end());
    }

    Result<void> writeReport() {
        CrossValidationReport report{evaluationReport(m_session.index.labels, m_predictions, patients()),
                                     m_accuracies};
        report.pooled.model = m_config.network + ", " + std::to_string(m_accuracies.size()) + " of " +
                              std::to_string(m_config.split.folds) + " folds";
        report.pooled.testedOn = testedOn();
        m_outcome.crossValidation = report;
        return writeFileAtomically(m_root.predictions(),
                                   predictionsToCsv(report.pooled.labels, m_predictions))
            .and_then([&] { return writeFileAtomically(m_root.crossValidationText(), reportToText(report)); })
            .and_then(
                [&] { return writeFileAtomically(m_root.crossValidationJson(), reportToJson(report)); });
    }

    // Of m_predictions, one each.
    [[nodiscard]] std::vector<std::string> patients() const {
        std::map<std::filesystem::path, std::string> byFile;
        for (const FilmEntry& film : m_session.index.films)
            byFile.emplace(film.file, film.patient);
        std::vector<std::string> patients;
        for (const FilmPrediction& film : m_predictions)
            patients.push_back(byFile[film.file]);
        return patients;
    }

    [[nodiscard]] std::string testedOn() const {
        return heldOutText(m_predictions.size(), m_config.split.grouping) + ", in " +
               std::to_string(m_accuracies.size()) + "-fold cross-validation";
    }

    Result<void> trainFinalModel() {
        if (!m_config.split.finalModel || m_outcome.stopped)
            return {};
        auto split = splitWithoutTest(m_session.index, m_config.split, m_config.seed);
        if (!split)
            return tl::unexpected(split.error());
        m_outcome.modelFile = m_root.model();
        if (m_existing == ExistingRun::Resume && m_root.isComplete()) {
            note("The final model was finished before.");
            return {};
        }
        RunRequest request = requestFor(m_root, std::move(*split), 0);
        request.existing = m_existing;
        request.accuracy = m_outcome.crossValidation->pooled.accuracy;
        request.testedOn = testedOn() + " of models trained in the same way";
        auto outcome = runTraining(m_session, request);
        if (!outcome && outcome.error().code == ErrorCode::Cancelled) {
            m_outcome.stopped = true;
            m_outcome.modelFile.clear();
            return {};
        }
        if (!outcome)
            return tl::unexpected(outcome.error());
        m_outcome.history = std::move(outcome->history);
        m_outcome.bestEpoch = outcome->bestEpoch;
        m_outcome.stopped = outcome->stopped;
        return {};
    }

    void note(std::string text) const {
        TrainingProgress progress;
        progress.note = std::move(text);
        m_session.progress(progress);
    }
};

} // namespace

Result<TrainingOutcome> crossValidate(const TrainingSession& session, const RunFolder& root,
                                      ExistingRun existing) {
    return CrossValidation(session, root, existing).run();
}

} // namespace hilum
