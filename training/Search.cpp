#include "training/Search.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "core/storage/AtomicFile.h"
#include "training/Text.h"

namespace hilum {
namespace {

// Context of the error of a loss that is no number.
constexpr const char* kDiverged = "optimiser.learningRate";

std::filesystem::path tableOf(const RunFolder& root) { return root.root() / "trials.csv"; }

class Search {
public:
    Search(const TrainingSession& session, const RunFolder& root, const Split& split,
           const SearchRequest& request)
        : m_session(session), m_root(root), m_split(split), m_request(request) {}

    Result<SearchOutcome> run() {
        if (auto known = readTrials(); !known)
            return tl::unexpected(known.error());
        while (static_cast<int>(m_outcome.trials.size()) < m_request.trials &&
               !m_session.stop.stop_requested()) {
            if (auto ran = runTrial(static_cast<int>(m_outcome.trials.size()) + 1); !ran)
                return tl::unexpected(ran.error());
        }
        m_outcome.stopped = m_session.stop.stop_requested();
        if (m_outcome.trials.empty())
            return fail(ErrorCode::Cancelled, "The search was stopped in its first trial.",
                        m_root.root().string());
        if (auto found = findBest(); !found)
            return tl::unexpected(found.error());
        if (auto ran = m_request.testsBest ? runBest() : Result<void>{}; !ran)
            return tl::unexpected(ran.error());
        return std::move(m_outcome);
    }

private:
    const TrainingSession& m_session;
    const RunFolder& m_root;
    const Split& m_split;
    const SearchRequest& m_request;
    SearchOutcome m_outcome;
    std::vector<std::vector<EpochRecord>> m_histories; // of the trials

    [[nodiscard]] RunFolder folderOf(int number) const {
        char name[32];
        std::snprintf(name, sizeof name, "trial-%02d", number);
        return RunFolder(m_root.root() / "trials" / name);
    }

    Result<void> readTrials() {
        std::error_code ignored;
        if (!std::filesystem::exists(tableOf(m_root), ignored))
            return {};
        auto trials = readTextFile(tableOf(m_root)).and_then([&](const std::string& text) {
            return parseTrialsCsv(text, m_request.ranges);
        });
        if (!trials) {
            trials.error().context = tableOf(m_root).string();
            return tl::unexpected(trials.error());
        }
        for (const Trial& trial : *trials) {
            auto history = readTextFile(folderOf(trial.number).history()).and_then(parseHistoryCsv);
            if (!history && trial.epochs > 0)
                return tl::unexpected(history.error());
            m_histories.push_back(history ? std::move(*history) : std::vector<EpochRecord>());
        }
        m_outcome.trials = std::move(*trials);
        return {};
    }

    // With the trial's settings, and a stop of its own.
    Result<RunOutcome> train(const TrainingConfig& config, const RunFolder& folder, ExistingRun existing,
                             bool tests, const ProgressCallback& progress, std::stop_token stop) const {
        if (auto prepared = folder.prepare(existing); !prepared)
            return tl::unexpected(prepared.error());
        TrainingSession session = {config,   m_session.index, m_session.store,  m_session.weights,
                                   progress, std::move(stop), m_session.threads};
        RunRequest request{folder, m_split, config, config.seed, 0, existing, {}, {}, tests};
        request.config.out = folder.root();
        return runTraining(session, request);
    }

    Result<void> runTrial(int number) {
        const TrainingConfig config = configOfTrial(m_session.config, m_request.ranges, number);
        Trial trial;
        trial.number = number;
        trial.values = valuesOf(config);
        announce(trial);
        std::stop_source stop;
        const std::stop_callback forward(m_session.stop, [&] { stop.request_stop(); });
        std::vector<EpochRecord> history; // those before the search was interrupted included
        bool fellBehind = false;
        const auto watch = [&](const TrainingProgress& progress) {
            m_session.progress(progress);
            if (!progress.finishedEpoch)
                return;
            history.push_back(progress.finishedEpoch->record);
            fellBehind =
                static_cast<int>(history.size()) < config.epochs && fallsBehind(history, m_histories);
            if (fellBehind)
                stop.request_stop();
        };
        const RunFolder folder = folderOf(number);
        const auto ran = train(config, folder, existingIn(folder, config), false, watch, stop.get_token());
        const bool diverged = !ran && ran.error().context == kDiverged;
        const bool cancelled = !ran && ran.error().code == ErrorCode::Cancelled;
        if (!ran && !diverged && !cancelled)
            return tl::unexpected(ran.error());
        if (!fellBehind && !diverged && (cancelled || ran->stopped))
            return {}; // by the user: it goes on when the search is resumed
        trial.epochs = static_cast<int>(history.size());
        trial.stoppedEarly = fellBehind || diverged;
        trial.validationLoss = std::numeric_limits<double>::infinity();
        for (const EpochRecord& record : history) {
            if (diverged || record.validationLoss.value_or(trial.validationLoss) >= trial.validationLoss)
                continue;
            trial.bestEpoch = record.epoch;
            trial.validationLoss = *record.validationLoss;
            trial.validationAccuracy = record.validationAccuracy.value_or(0);
        }
        m_outcome.trials.push_back(std::move(trial));
        m_histories.push_back(std::move(history));
        return writeFileAtomically(tableOf(m_root), trialsToCsv(m_request.ranges, m_outcome.trials));
    }

    Result<void> findBest() {
        const Trial* best = bestTrial(m_outcome.trials);
        if (best == nullptr)
            return fail(ErrorCode::InvalidArgument, "Every trial diverged; smaller learning rates help.",
                        kDiverged);
        m_outcome.best = best->number;
        return {};
    }

    // Trained again, which gives the same weights, and tested.
    Result<void> runBest() {
        if (m_outcome.stopped)
            return {};
        TrainingConfig config = configOfTrial(m_session.config, m_request.ranges, m_outcome.best);
        const RunFolder folder(m_root.root() / "best");
        config.out = folder.root();
        note("The settings of trial " + std::to_string(m_outcome.best) +
             " were the best; they are tested now.");
        auto ran =
            train(config, folder, existingIn(folder, config), true, m_session.progress, m_session.stop);
        m_outcome.stopped = m_session.stop.stop_requested();
        if (!ran)
            return m_outcome.stopped ? Result<void>{} : tl::unexpected(ran.error());
        if (m_outcome.stopped)
            return {}; // figures of what is half trained do not count
        m_outcome.modelFile = folder.model();
        m_outcome.test = std::move(ran->report);
        return {};
    }

    // What was begun with other settings is trained anew.
    static ExistingRun existingIn(const RunFolder& folder, const TrainingConfig& config) {
        const auto begun = readTrainingConfig(folder.config());
        return begun && differingSetting(*begun, config).empty() ? ExistingRun::Resume
                                                                 : ExistingRun::Overwrite;
    }

    [[nodiscard]] std::vector<std::string> valuesOf(TrainingConfig config) const {
        const auto fields = configFields(config);
        std::vector<std::string> values;
        for (const SearchRange& range : m_request.ranges)
            values.push_back(fieldText(*std::ranges::find(fields, range.key, &ConfigField::key)));
        return values;
    }

    void announce(const Trial& trial) const {
        std::string text =
            "Trial " + std::to_string(trial.number) + " of " + std::to_string(m_request.trials) + ":";
        for (std::size_t i = 0; i < trial.values.size(); ++i)
            text += (i == 0 ? " " : ", ") + m_request.ranges[i].key + " " + trial.values[i];
        note(text);
    }

    void note(const std::string& text) const {
        TrainingProgress progress;
        progress.note = text;
        m_session.progress(progress);
    }
};

} // namespace

Result<SearchOutcome> searchSettings(const TrainingSession& session, const RunFolder& root,
                                     const Split& split, const SearchRequest& request) {
    return Search(session, root, split, request).run();
}

} // namespace hilum
