#include "training/FineTuner.h"

#include <thread>

#include <ATen/Parallel.h>

#include "core/storage/AtomicFile.h"
#include "training/CheckUp.h"
#include "training/CrossValidation.h"
#include "training/FilmStore.h"
#include "training/Guarded.h"
#include "training/InitialWeights.h"
#include "training/Split.h"
#include "training/Text.h"
#include "training/TrainingRun.h"

namespace hilum {
namespace {

int threadCount(const TrainingConfig& config) {
    return config.threads > 0 ? config.threads
                              : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void announce(const ProgressCallback& progress, TrainingPhase phase, long done, long total) {
    TrainingProgress state;
    state.phase = phase;
    state.done = done;
    state.total = total;
    progress(state);
}

std::string skippedToCsv(const std::vector<SkippedFile>& skipped) {
    std::string text = csvRow({"file", "reason"});
    for (const SkippedFile& file : skipped)
        text += csvRow({file.file.generic_string(), file.reason});
    return text;
}

Result<DatasetIndex> indexed(const TrainingConfig& config, const FilmReader& readFilm,
                             const ProgressCallback& progress, std::stop_token stop) {
    announce(progress, TrainingPhase::Indexing, 0, 0);
    auto options = indexOptionsOf(config);
    if (!options)
        return tl::unexpected(options.error());
    options->readFilm = readFilm;
    return indexDataset(config.data, *options, std::move(stop));
}

Result<FilmStore> loaded(DatasetIndex& index, const TrainingConfig& config, const FilmReader& readFilm,
                         const ProgressCallback& progress, std::stop_token stop) {
    const FilmStore::Options options{config.inputSizePx, config.fit,
                                     static_cast<std::size_t>(config.memoryLimitMb) << 20,
                                     threadCount(config), readFilm};
    const auto report = [&](long done, long total) {
        announce(progress, TrainingPhase::Decoding, done, total);
    };
    auto store = FilmStore::load(index, options, report, std::move(stop));
    if (!store)
        return store;
    if (auto good = checkClassesHaveFilms(index); !good)
        return tl::unexpected(good.error());
    return store;
}

// Near duplicates, where they are asked for.
Result<void> keptTogether(DatasetIndex& index, const TrainingConfig& config, const FilmReader& readFilm,
                          const std::stop_token& stop) {
    if (!config.split.nearDuplicates)
        return {};
    CheckUpOptions options;
    options.threads = threadCount(config);
    options.readFilm = readFilm;
    const auto found = checkUp(index, options, stop);
    if (!found)
        return tl::unexpected(found.error());
    keepNearDuplicatesTogether(index, *found);
    return {};
}

Result<TrainingOutcome> runSingle(const TrainingSession& session, const RunFolder& folder) {
    auto split = splitFor(session.index, session.config.split, session.config.seed);
    if (!split)
        return tl::unexpected(split.error());
    const RunRequest request{folder, std::move(*split), session.config, session.config.seed, 0, {}, {}};
    auto run = runTraining(session, request);
    if (!run)
        return tl::unexpected(run.error());
    TrainingOutcome outcome;
    outcome.modelFile = folder.model();
    outcome.history = std::move(run->history);
    outcome.bestEpoch = run->bestEpoch;
    outcome.stopped = run->stopped;
    outcome.test = std::move(run->report);
    outcome.notes = std::move(run->notes);
    return outcome;
}

Result<TrainingOutcome> runAll(const TrainingConfig& config, const ProgressCallback& progress,
                               std::stop_token stop, ExistingRun existing, const FilmReader& readFilm) {
    const RunFolder folder(config.out);
    const auto weights = findInitialWeights(config, progress, stop);
    if (!weights)
        return tl::unexpected(weights.error());
    auto index = indexed(config, readFilm, progress, stop);
    if (!index)
        return tl::unexpected(index.error());
    auto store = loaded(*index, config, readFilm, progress, stop);
    if (!store)
        return tl::unexpected(store.error());
    if (auto prepared = folder.prepare(existing); !prepared)
        return tl::unexpected(prepared.error());
    if (!index->skipped.empty()) {
        if (auto written = writeFileAtomically(folder.skipped(), skippedToCsv(index->skipped)); !written)
            return tl::unexpected(written.error());
    }
    if (auto together = keptTogether(*index, config, readFilm, stop); !together)
        return tl::unexpected(together.error());
    TrainingConfig known = config;
    known.split.folds = foldCount(*index, config.split);
    at::set_num_threads(threadCount(config));
    const TrainingSession session{known,   *index,          *store,
                                  *weights, progress,        std::move(stop),
                                  threadCount(config)};
    auto outcome =
        known.split.folds > 0 ? crossValidate(session, folder, existing) : runSingle(session, folder);
    if (!outcome)
        return outcome;
    outcome->labels = index->labels;
    outcome->skipped = index->skipped;
    return outcome;
}

} // namespace

Result<TrainingOutcome> fineTune(const TrainingConfig& config, const ProgressCallback& progress,
                                 std::stop_token stop, ExistingRun existing, const FilmReader& readFilm) {
    const auto full = resolved(config);
    if (!full)
        return tl::unexpected(full.error());
    if (existing == ExistingRun::Refuse && RunFolder(full->out).holdsRun()) // before the films are read
        return tl::unexpected(RunFolder(full->out).prepare(existing).error());
    const ProgressCallback callback = progress ? progress : [](const TrainingProgress&) {};
    return guarded([&] { return runAll(*full, callback, std::move(stop), existing, readFilm); });
}

} // namespace hilum
