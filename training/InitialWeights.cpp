#include "training/InitialWeights.h"

#include "core/graph/Networks.h"
#include "core/network/WeightStore.h"
#include "core/storage/AtomicFile.h"

namespace hilum {

std::string InitialWeights::text() const {
    return file.empty() ? std::string() : file.filename().string() + " (SHA-256 " + sha256 + ")";
}

Result<InitialWeights> findInitialWeights(const TrainingConfig& config, const ProgressCallback& progress,
                                          std::stop_token stop) {
    if (config.initialWeights.empty())
        return InitialWeights{};
    if (config.initialWeights != kImageNetWeights)
        return sha256OfFile(config.initialWeights).map([&](std::string sha256) {
            return InitialWeights{config.initialWeights, std::move(sha256)};
        });
    const auto report = [&](std::uint64_t doneBytes, std::uint64_t totalBytes) {
        TrainingProgress state;
        state.phase = TrainingPhase::Fetching;
        state.done = static_cast<long>(doneBytes >> 20U);
        state.total = static_cast<long>(totalBytes >> 20U);
        progress(state);
    };
    return publishedWeights(findNetwork(config.network)->weightsFile, weightPlaces(config.weightsFolder),
                            report, std::move(stop))
        .map([](PublishedWeights weights) {
            return InitialWeights{std::move(weights.file), std::move(weights.sha256)};
        });
}

} // namespace hilum
