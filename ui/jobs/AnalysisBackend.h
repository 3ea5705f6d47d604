// The blocking functions that analysis jobs call. A table of functions rather than calls to the core, so that
// tests can put slow, failing or counting ones in their place.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Radiograph.h"
#include "core/domain/Reading.h"
#include "core/domain/Result.h"

namespace hilum {

struct ModelInfo {
    std::filesystem::path file;
    std::string sha256;
    ModelCard card;
};

// A model in memory. Used by one thread at a time.
class AnalysisModel {
public:
    AnalysisModel() = default;
    AnalysisModel(const AnalysisModel&) = delete;
    AnalysisModel& operator=(const AnalysisModel&) = delete;
    virtual ~AnalysisModel() = default;

    [[nodiscard]] virtual ModelInfo info() const = 0;
    virtual Result<Reading> read(const Radiograph& film, std::stop_token stop) = 0;
};

struct AnalysisBackend {
    using Path = std::filesystem::path;

    std::function<Result<std::vector<Path>>(const std::vector<Path>&, std::stop_token)> findFilms;
    std::function<Result<Radiograph>(const Path&, std::stop_token)> readFilm;
    std::function<std::vector<Path>()> shippedModels;
    std::function<Result<ModelCard>(const Path&)> readModelCard;
    std::function<Result<std::unique_ptr<AnalysisModel>>(const Path&)> loadModel;
    // Called once, before the first model; gives sentences for the user, see prepareComputeBackend().
    std::function<std::vector<std::string>()> prepare;
};

// Whether films are decoded by a helper process or in this one.
enum class Sandbox { On, Off };

// The core's own functions. On: the helper is started, which this does not wait for.
AnalysisBackend coreBackend(Sandbox sandbox = Sandbox::On);

} // namespace hilum
