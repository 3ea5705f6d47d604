#include "training/FineTuner.h"

#include <ATen/Parallel.h>

#include "core/domain/Threads.h"
#include "core/network/Device.h"
#include "core/network/ModelFile.h"
#include "core/storage/AtomicFile.h"
#include "training/CheckUp.h"
#include "training/CrossValidation.h"
#include "training/FilmStore.h"
#include "training/Guarded.h"
#include "training/InitialWeights.h"
#include "training/RepeatedRun.h"
#include "training/Search.h"
#include "training/Split.h"
#include "training/Text.h"
#include "training/TrainingLoop.h"
#include "training/TrainingRun.h"

namespace hilum {
namespace {

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
                                     threadCount(config.threads), readFilm};
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

// What every kind of training begins with.
struct TrainingMaterial {
    InitialWeights weights;
    DatasetIndex index;
    FilmStore store;

    // From here on LibTorch uses the configuration's threads. config and the material must outlive the
    // session.
    [[nodiscard]] TrainingSession session(const TrainingConfig& config, ProgressCallback progress,
                                          std::stop_token stop) const {
        const int threads = threadCount(config.threads);
        at::set_num_threads(threads);
        return {config, index, store, weights, std::move(progress), std::move(stop), threads};
    }
};

Result<TrainingMaterial> materialOf(const TrainingConfig& config, const ProgressCallback& progress,
                                    const std::stop_token& stop, const FilmReader& readFilm) {
    auto weights = findInitialWeights(config, progress, stop);
    if (!weights)
        return tl::unexpected(weights.error());
    auto index = indexed(config, readFilm, progress, stop);
    if (!index)
        return tl::unexpected(index.error());
    auto store = loaded(*index, config, readFilm, progress, stop);
    if (!store)
        return tl::unexpected(store.error());
    return TrainingMaterial{std::move(*weights), std::move(*index), std::move(*store)};
}

// Near duplicates, where they are asked for.
Result<void> keptTogether(DatasetIndex& index, const TrainingConfig& config, const FilmReader& readFilm,
                          const std::stop_token& stop) {
    if (!config.split.nearDuplicates)
        return {};
    CheckUpOptions options;
    options.threads = threadCount(config.threads);
    options.readFilm = readFilm;
    return keepNearDuplicatesTogether(index, options, stop);
}

// Nothing is left to choose: device and precision are those of this machine.
Result<TrainingConfig> resolvedHere(const TrainingConfig& config) {
    auto full = resolved(config);
    if (!full)
        return full;
    const auto device = findDevice(full->device);
    if (!device)
        return tl::unexpected(device.error());
    full->device = kindOf(*device);
    if (full->precision == Precision::Auto)
        full->precision = deviceHasBf16(*device) ? Precision::Bf16 : Precision::Fp32;
    return full;
}

std::string settingText(TrainingConfig config, const std::string& key) {
    for (const ConfigField& field : configFields(config)) {
        if (field.key == key)
            return fieldText(field);
    }
    return {};
}

// The run in the folder must have been begun with the same settings.
Result<void> checkSameSettings(const RunFolder& folder, const TrainingConfig& config) {
    const auto begun = readTrainingConfig(folder.config()).and_then(resolvedHere);
    if (!begun)
        return tl::unexpected(begun.error());
    const std::string key = differingSetting(*begun, config);
    if (key.empty())
        return {};
    return fail(ErrorCode::InvalidArgument,
                "The run was begun with another setting: " + key + " is " + settingText(*begun, key) +
                    " in its folder, " + settingText(config, key) +
                    " here. A run goes on with its own settings.",
                key);
}

// From the files of a complete run.
Result<TrainingOutcome> completeOutcome(const RunFolder& folder, const TrainingConfig& config) {
    const auto card = loadModelCard(folder.model());
    if (!card)
        return tl::unexpected(card.error());
    TrainingOutcome outcome;
    outcome.modelFile = folder.model();
    outcome.labels = card->labels;
    outcome.notes = {"The run in " + folder.root().string() + " is complete; nothing was trained."};
    auto history = readTextFile(folder.history()).and_then(parseHistoryCsv);
    if (!history)
        return tl::unexpected(history.error());
    outcome.history = std::move(*history);
    outcome.bestEpoch = bestEpochOf(outcome.history, config);
    std::error_code ignored;
    if (!std::filesystem::exists(folder.predictions(), ignored))
        return outcome;
    const auto predictions = readTextFile(folder.predictions()).and_then([&](const std::string& text) {
        return parsePredictionsCsv(text, card->labels);
    });
    if (!predictions)
        return tl::unexpected(predictions.error());
    outcome.test = evaluationReport(card->labels, *predictions);
    outcome.test->model = card->name;
    outcome.test->testedOn = card->testedOn;
    outcome.test->notes = card->limits;
    return outcome;
}

// The run itself is there; its repetitions follow, where there are to be any.
Result<TrainingOutcome> repeated(const TrainingSession& session, const RunFolder& folder, const Split& split,
                                 ExistingRun existing, Result<TrainingOutcome> outcome) {
    if (!outcome || outcome->stopped || session.config.repeats < 2 || !outcome->test)
        return outcome;
    auto done = repeatRun(session, folder, split, existing, *outcome);
    return done ? std::move(outcome) : tl::unexpected(done.error());
}

// The run is complete; its own settings but the number of repetitions stay as they are recorded.
Result<TrainingOutcome> repeatedLater(const TrainingSession& session, const RunFolder& folder,
                                      const Split& split) {
    if (readTextFile(folder.split()) != splitToCsv(session.index, split))
        return fail(
            ErrorCode::InvalidArgument,
            "The films have changed since the run was made; it cannot be repeated. Overwrite it instead.",
            folder.root().string());
    auto recorded = readTrainingConfig(folder.config());
    if (!recorded)
        return tl::unexpected(recorded.error());
    recorded->repeats = session.config.repeats;
    if (auto written = writeFileAtomically(folder.config(), toJson(*recorded)); !written)
        return tl::unexpected(written.error());
    auto outcome = completeOutcome(folder, session.config);
    if (outcome)
        outcome->notes.clear();
    return repeated(session, folder, split, ExistingRun::Resume, std::move(outcome));
}

Result<TrainingOutcome> runSingle(const TrainingSession& session, const RunFolder& folder,
                                  ExistingRun existing) {
    auto split = splitFor(session.index, session.config.split, session.config.seed);
    if (!split)
        return tl::unexpected(split.error());
    if (session.config.repeats > 1 && split->films(FilmSet::Test).empty())
        return fail(ErrorCode::InvalidArgument,
                    "A repeated run needs test films, whose figures are compared.", "repeats");
    if (existing == ExistingRun::Resume && folder.isComplete())
        return repeatedLater(session, folder, *split);
    const RunRequest request{folder, *split, session.config, session.config.seed, 0, existing, {}, {}};
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
    return repeated(session, folder, *split, existing, std::move(outcome));
}

Result<TrainingOutcome> runAll(const TrainingConfig& config, const ProgressCallback& progress,
                               std::stop_token stop, ExistingRun existing, const FilmReader& readFilm) {
    const RunFolder folder(config.out);
    auto material = materialOf(config, progress, stop, readFilm);
    if (!material)
        return tl::unexpected(material.error());
    DatasetIndex& index = material->index;
    const auto folds = foldCount(index, config.split);
    if (!folds)
        return tl::unexpected(folds.error()); // before there is a folder
    if (auto prepared = folder.prepare(existing); !prepared)
        return tl::unexpected(prepared.error());
    if (!index.skipped.empty()) {
        if (auto written = writeFileAtomically(folder.skipped(), skippedToCsv(index.skipped)); !written)
            return tl::unexpected(written.error());
    }
    if (auto together = keptTogether(index, config, readFilm, stop); !together)
        return tl::unexpected(together.error());
    TrainingConfig known = config;
    known.split.folds = *folds;
    const TrainingSession session = material->session(known, progress, std::move(stop));
    auto outcome = known.split.folds > 0 ? crossValidate(session, folder, existing)
                                         : runSingle(session, folder, existing);
    if (!outcome)
        return outcome;
    outcome->labels = index.labels;
    outcome->skipped = index.skipped;
    return outcome;
}

Result<RateCurve> findRateIn(const TrainingConfig& config, const RateSweep& sweep,
                             const ProgressCallback& progress, std::stop_token stop,
                             const FilmReader& readFilm) {
    auto material = materialOf(config, progress, stop, readFilm);
    if (!material)
        return tl::unexpected(material.error());
    const auto split = splitFor(material->index, config.split, config.seed);
    if (!split)
        return tl::unexpected(split.error());
    return findRate(material->session(config, progress, std::move(stop)), *split, sweep);
}

Result<void> prepareSearch(const TrainingConfig& config, const SearchRequest& request, ExistingRun existing) {
    if (request.ranges.empty() || request.trials < 1)
        return fail(ErrorCode::InvalidArgument, "A search needs a setting to vary, and a trial.", "--vary");
    if (config.split.folds > 0 || config.split.leaveOneSourceOut)
        return fail(ErrorCode::InvalidArgument, "A search goes without cross-validation.", "split.folds");
    std::error_code error;
    const RunFolder root(config.out);
    const bool begun = std::filesystem::exists(config.out / "trials", error);
    if (begun && existing == ExistingRun::Refuse)
        return fail(ErrorCode::InvalidArgument,
                    "The folder holds a search; resume or overwrite it, or name another folder.",
                    config.out.string());
    if (begun && existing == ExistingRun::Resume) {
        if (RunFolder(config.out / "best").isComplete())
            return fail(ErrorCode::InvalidArgument,
                        "The search in the folder is complete, and its best settings have been tested: begin "
                        "another one.",
                        config.out.string());
        return checkSameSettings(root, config);
    }
    if (begun) { // only what a search has written there
        for (const auto& entry : std::filesystem::directory_iterator(config.out / "trials", error)) {
            if (RunFolder(entry.path()).holdsRun())
                std::filesystem::remove_all(entry.path(), error);
        }
        if (RunFolder(config.out / "best").holdsRun())
            std::filesystem::remove_all(config.out / "best", error);
        for (const auto& file : {config.out / "trials.csv", root.config(), config.out / "trials"})
            std::filesystem::remove(file, error);
    }
    std::filesystem::create_directories(config.out / "trials", error);
    if (error)
        return fail(ErrorCode::NotWritable, "The folder cannot be made: " + error.message() + ".",
                    config.out.string());
    return writeFileAtomically(root.config(), toJson(config));
}

Result<SearchOutcome> searchIn(const TrainingConfig& config, const SearchRequest& request,
                               const ProgressCallback& progress, std::stop_token stop,
                               const FilmReader& readFilm) {
    auto material = materialOf(config, progress, stop, readFilm);
    if (!material)
        return tl::unexpected(material.error());
    if (auto together = keptTogether(material->index, config, readFilm, stop); !together)
        return tl::unexpected(together.error());
    const auto split = splitFor(material->index, config.split, config.seed);
    if (!split)
        return tl::unexpected(split.error());
    if (split->films(FilmSet::Validation).empty())
        return fail(ErrorCode::InvalidArgument,
                    "A search needs validation films, which tell the best settings.", "split.validation");
    return searchSettings(material->session(config, progress, std::move(stop)), RunFolder(config.out), *split,
                          request);
}

// What to do about it. The run is kept as it was after its last epoch.
Error withAdvice(Error error, const TrainingConfig& config) {
    if (error.code != ErrorCode::OutOfMemory || !error.context.empty() || config.batchSize == 1)
        return error;
    const std::string batch = std::to_string(config.batchSize),
                      smaller = std::to_string((config.batchSize + 1) / 2);
    error.message =
        "There is not enough memory for batches of " + batch + " films; a smaller batch needs less.";
    if (config.batchSize % 2 == 0)
        error.message += " The run is kept and can go on with batches of " + smaller + ", of which " +
                         std::to_string(2 * config.accumulationSteps) +
                         " make a step (--resume --batch-size " + smaller + " --accumulate " +
                         std::to_string(2 * config.accumulationSteps) + ").";
    error.context = "batchSize";
    return error;
}

} // namespace

Result<TrainingOutcome> fineTune(const TrainingConfig& config, const ProgressCallback& progress,
                                 std::stop_token stop, ExistingRun existing, const FilmReader& readFilm) {
    const auto full = resolvedHere(config);
    if (!full)
        return tl::unexpected(full.error());
    const RunFolder folder(full->out);
    if (existing == ExistingRun::Refuse && folder.holdsRun()) // before the films are read
        return tl::unexpected(folder.prepare(existing).error());
    if (existing == ExistingRun::Resume && folder.holdsRun()) {
        if (auto same = checkSameSettings(folder, *full); !same)
            return tl::unexpected(same.error());
        const bool isSingle = full->split.folds == 0 && !full->split.leaveOneSourceOut && full->repeats == 1;
        if (isSingle && folder.isComplete())
            return completeOutcome(folder, *full);
    }
    const ProgressCallback callback = progress ? progress : [](const TrainingProgress&) {};
    return guarded([&] { return runAll(*full, callback, std::move(stop), existing, readFilm); })
        .map_error([&](const Error& error) { return withAdvice(error, *full); });
}

Result<RateCurve> findRate(TrainingConfig config, const RateSweep& sweep, const ProgressCallback& progress,
                           std::stop_token stop, const FilmReader& readFilm) {
    if (sweep.steps < 2 || !(sweep.lowest > 0) || !(sweep.lowest < sweep.highest))
        return fail(ErrorCode::InvalidArgument, "The learning rate must grow from a positive one.", "--from");
    if (config.out.empty())
        config.out = std::filesystem::temp_directory_path();
    config.split.folds = 0;
    config.split.finalModel = false;
    const auto full = resolvedHere(config);
    if (!full)
        return tl::unexpected(full.error());
    const ProgressCallback callback = progress ? progress : [](const TrainingProgress&) {};
    return guarded([&] { return findRateIn(*full, sweep, callback, std::move(stop), readFilm); });
}

Result<SearchOutcome> searchSettings(const TrainingConfig& config, const SearchRequest& request,
                                     const ProgressCallback& progress, std::stop_token stop,
                                     ExistingRun existing, const FilmReader& readFilm) {
    const auto full = resolvedHere(config);
    if (!full)
        return tl::unexpected(full.error());
    if (auto prepared = prepareSearch(*full, request, existing); !prepared)
        return tl::unexpected(prepared.error());
    const ProgressCallback callback = progress ? progress : [](const TrainingProgress&) {};
    return guarded([&] { return searchIn(*full, request, callback, std::move(stop), readFilm); })
        .map_error([&](const Error& error) { return withAdvice(error, *full); });
}

} // namespace hilum
