#include "training/PartOfRun.h"

#include "training/Text.h"

namespace hilum {
namespace {

bool hasSettingsOf(const RunRequest& request) {
    auto begun = readTrainingConfig(request.folder.config()).and_then(resolved);
    if (begun)
        // The whole may have been moved; what is in it is compared.
        begun->split.file = request.config.split.file;
    return begun && differingSetting(*begun, request.config).empty();
}

std::optional<std::vector<FilmPrediction>> finishedEarlier(const TrainingSession& session,
                                                           const RunRequest& request) {
    const RunFolder& folder = request.folder;
    std::error_code ignored;
    if (!std::filesystem::exists(folder.evaluationJson(), ignored) || !hasSettingsOf(request) ||
        readTextFile(folder.split()) != splitToCsv(session.index, request.split))
        return std::nullopt;
    const auto predictions = readTextFile(folder.predictions()).and_then([&](const std::string& text) {
        return parsePredictionsCsv(text, session.index.labels);
    });
    if (!predictions || predictions->size() != request.split.films(FilmSet::Test).size())
        return std::nullopt;
    return *predictions;
}

// The folder holds the same run, interrupted.
bool canGoOn(const RunRequest& request) {
    std::error_code ignored;
    return std::filesystem::exists(request.folder.state(), ignored) && hasSettingsOf(request);
}

} // namespace

Result<PartOutcome> runPart(const TrainingSession& session, RunRequest request, ExistingRun existing) {
    request.existing = ExistingRun::Refuse;
    if (existing == ExistingRun::Resume) {
        if (auto earlier = finishedEarlier(session, request)) {
            PartOutcome outcome{{}, true};
            outcome.run.predictions = std::move(*earlier);
            return outcome;
        }
        if (canGoOn(request))
            request.existing = ExistingRun::Resume;
    }
    if (request.existing == ExistingRun::Refuse) {
        if (auto prepared = request.folder.prepare(ExistingRun::Overwrite); !prepared)
            return tl::unexpected(prepared.error());
    }
    auto outcome = runTraining(session, request);
    if (!outcome)
        return tl::unexpected(outcome.error());
    return PartOutcome{std::move(*outcome), false};
}

} // namespace hilum
