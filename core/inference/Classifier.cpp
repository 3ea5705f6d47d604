#include "core/inference/Classifier.h"

#include <algorithm>
#include <cmath>
#include <future>

#include "core/domain/Softmax.h"
#include "core/model/Engine.h"
#include "core/model/ModelContent.h"
#include "core/model/Preprocessor.h"
#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

// What about this film makes the figures worth less.
std::vector<std::string> doubts(const Radiograph& film, const Preprocessing& preprocessing) {
    std::vector<std::string> warnings;
    if (std::min(film.widthPx, film.heightPx) < preprocessing.inputSizePx)
        warnings.push_back("The film is smaller than the " + std::to_string(preprocessing.inputSizePx) +
                           " pixels that the network looks at.");
    const std::string& view = film.header.viewPosition;
    if (!view.empty() && view != "PA" && view != "AP")
        warnings.push_back("The file says that this is not a frontal film (view position " + view + ").");
    const std::string& part = film.header.bodyPart;
    if (!part.empty() && part != "CHEST" && part != "THORAX" && part != "LUNG")
        warnings.push_back("The file says that this is not a chest film (body part " + part + ").");
    return warnings;
}

Prediction predictionOf(const ModelCard& card, const std::vector<float>& logits) {
    Prediction prediction{card.labels, {}, {logits.begin(), logits.end()}, 0};
    prediction.probabilities = softmax(prediction.logits, card.temperature);
    prediction.best = static_cast<std::size_t>(std::ranges::max_element(prediction.probabilities) -
                                               prediction.probabilities.begin());
    return prediction;
}

Result<void> checkReference(Engine& engine, const ModelContent& content) {
    const int sizePx = referenceSizePx(content.graph);
    const auto output = engine.run(referencePlanes(content.card.preprocessing, sizePx), sizePx, Explain::No);
    if (!output)
        return tl::unexpected(output.error());
    return checkReferenceLogits(std::vector<double>(output->logits.begin(), output->logits.end()),
                                content.referenceLogits);
}

} // namespace

struct Classifier::Impl {
    std::filesystem::path file;
    ModelCard card;
    std::string sha256;
    std::unique_ptr<Engine> engine;
};

Classifier::Classifier(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::load(const std::filesystem::path& file, Precision precision) {
    Result<ModelContent> content = openModel(file);
    if (!content)
        return tl::unexpected(content.error());
    std::shared_future<Result<std::string>> hashing =
        std::async(std::launch::async, [&file] { return sha256OfFile(file); });
    const auto named = [&file](Error error) {
        error.context = file.string();
        return error;
    };
    Result<std::unique_ptr<Engine>> engine =
        makeEngine(*content, precision, [&hashing] { return hashing.get().value_or(""); });
    if (!engine)
        return tl::unexpected(named(engine.error()));
    if (const Result<void> verified = checkReference(**engine, *content); !verified)
        return tl::unexpected(named(verified.error()));
    const Result<std::string>& sha256 = hashing.get();
    if (!sha256)
        return tl::unexpected(sha256.error());
    return Classifier(
        std::make_unique<Impl>(Impl{file, std::move(content->card), *sha256, std::move(*engine)}));
}

const ModelCard& Classifier::card() const { return m_impl->card; }
const std::string& Classifier::sha256() const { return m_impl->sha256; }
const std::filesystem::path& Classifier::file() const { return m_impl->file; }
std::string Classifier::engineName() const { return m_impl->engine->name(); }

Result<Reading> Classifier::read(const Radiograph& film, Explain explain, std::stop_token stop) try {
    const auto start = std::chrono::steady_clock::now();
    const ModelCard& card = m_impl->card;
    const std::vector<float> planes = prepare(film, card.preprocessing);
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "The reading was cancelled.");
    Result<EngineOutput> output = m_impl->engine->run(planes, card.preprocessing.inputSizePx, explain);
    if (!output) {
        output.error().context = film.source.file.string();
        return tl::unexpected(output.error());
    }
    if (!std::ranges::all_of(output->logits, [](float logit) { return std::isfinite(logit); }))
        return fail(ErrorCode::Internal, "The network's output is not finite.", film.source.file.string());

    Reading reading;
    reading.modelName = card.name;
    reading.modelVersion = card.version;
    reading.modelSha256 = sha256();
    reading.prediction = predictionOf(card, output->logits);
    if (explain == Explain::EveryClass)
        reading.explanation = {std::move(output->maps),
                               placementOnFilm(film.widthPx, film.heightPx, card.preprocessing.fit),
                               card.heatMapScale};
    reading.warnings = doubts(film, card.preprocessing);
    reading.elapsed = std::chrono::steady_clock::now() - start;
    return reading;
} catch (const std::bad_alloc&) {
    return fail(ErrorCode::OutOfMemory, "There is not enough memory to read this film.");
}

Result<ModelCard> readModelCard(const std::filesystem::path& file) { return loadModelCard(file); }

} // namespace hilum
