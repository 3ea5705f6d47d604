#include "ui/jobs/AnalysisBackend.h"

#include <utility>

#include "core/image/RadiographReader.h"
#include "core/inference/Classifier.h"
#include "core/inference/ResourcePaths.h"
#include "core/sandbox/FilmDecoder.h"

namespace hilum {
namespace {

class ClassifierModel final : public AnalysisModel {
public:
    explicit ClassifierModel(Classifier classifier) : m_classifier(std::move(classifier)) {}

    [[nodiscard]] ModelInfo info() const override {
        return {m_classifier.file(), m_classifier.sha256(), m_classifier.card()};
    }
    Result<Reading> read(const Radiograph& film, std::stop_token stop) override {
        return m_classifier.read(film, Explain::EveryClass, std::move(stop));
    }

private:
    Classifier m_classifier;
};

Result<std::unique_ptr<AnalysisModel>> loadClassifier(const std::filesystem::path& file) {
    auto classifier = Classifier::load(file);
    if (!classifier)
        return tl::unexpected<Error>(std::move(classifier.error()));
    return std::make_unique<ClassifierModel>(std::move(*classifier));
}

} // namespace

AnalysisBackend coreBackend(Sandbox sandbox) {
    AnalysisBackend backend{
        .findFilms = findFilms,
        .readFilm = [](const std::filesystem::path& file,
                       std::stop_token stop) { return readRadiograph(file, std::move(stop)); },
        .shippedModels = shippedModels,
        .readModelCard = readModelCard,
        .loadModel = loadClassifier,
        .prepare = prepareComputeBackend};
    if (sandbox == Sandbox::Off)
        return backend;
    const auto decoder = std::make_shared<FilmDecoder>();
    backend.readFilm = [decoder](const std::filesystem::path& file, std::stop_token stop) {
        return decoder->read(file, std::move(stop));
    };
    backend.prepare = [decoder] {
        std::vector<std::string> sentences = prepareComputeBackend();
        if (std::string problem = decoder->problem(); !problem.empty())
            sentences.push_back(std::move(problem));
        return sentences;
    };
    return backend;
}

} // namespace hilum
