#include "training/RepeatedRun.h"

#include "core/storage/AtomicFile.h"
#include "training/PartOfRun.h"

namespace hilum {
namespace {

// A run that could be made alone, too: with the first one's split, and a seed of its own.
RunRequest requestFor(const TrainingSession& session, const RunFolder& root, const Split& split, int number) {
    TrainingConfig config = session.config;
    config.seed += static_cast<std::uint64_t>(number);
    config.repeats = 1;
    config.split.file = root.split();
    RunRequest request{
        root.repetition(number), split, std::move(config), 0, number, ExistingRun::Refuse, {}, {}};
    request.seed = request.config.seed;
    request.config.out = request.folder.root();
    return request;
}

} // namespace

Result<void> repeatRun(const TrainingSession& session, const RunFolder& root, const Split& split,
                       ExistingRun existing, TrainingOutcome& outcome) {
    const TrainingConfig& config = session.config;
    outcome.repeats = {seedFigures(config.seed, *outcome.test)};
    for (int number = 1; number < config.repeats && !outcome.stopped; ++number) {
        const RunRequest request = requestFor(session, root, split, number);
        const auto part = runPart(session, request, existing);
        if (!part && part.error().code != ErrorCode::Cancelled)
            return tl::unexpected(part.error());
        outcome.stopped = !part || part->run.stopped;
        if (outcome.stopped)
            break;
        outcome.repeats.push_back(
            seedFigures(request.seed, evaluationReport(session.index.labels, part->run.predictions)));
        if (auto written = writeFileAtomically(root.repeats(), repeatsToJson(outcome.repeats)); !written)
            return written;
    }
    return {};
}

} // namespace hilum
