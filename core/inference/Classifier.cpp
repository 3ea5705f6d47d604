#include "core/inference/Classifier.h"

#include <algorithm>
#include <thread>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Exception.h>
#include <torch/version.h>
#ifndef _WIN32
#include <dlfcn.h>
#endif

#include "core/network/GradCam.h"
#include "core/network/ModelFile.h"
#include "core/network/Preprocessor.h"

namespace hilum {
namespace {

FloatImage toImage(const at::Tensor& map) {
    FloatImage image(static_cast<int>(map.size(1)), static_cast<int>(map.size(0)));
    const at::Tensor values = map.contiguous();
    std::copy_n(values.data_ptr<float>(), image.values.size(), image.values.begin());
    return image;
}

std::vector<double> toVector(const at::Tensor& values) {
    const at::Tensor flat = values.to(at::kDouble).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

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

// OpenBLAS tells its name and version; empty where it is not loaded.
std::string openBlasConfig() {
#ifndef _WIN32
    using Config = char* (*)();
    if (const auto config = reinterpret_cast<Config>(::dlsym(RTLD_DEFAULT, "openblas_get_config")))
        return config();
#endif
    return {};
}

bool blasIsFast() {
#ifdef _WIN32
    return true;
#else
    return at::hasMKL() || !openBlasConfig().empty();
#endif
}

} // namespace

struct Classifier::Impl {
    std::filesystem::path file;
    LoadedModel model;
};

Classifier::Classifier(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Classifier::Classifier(Classifier&&) noexcept = default;
Classifier& Classifier::operator=(Classifier&&) noexcept = default;
Classifier::~Classifier() = default;

Result<Classifier> Classifier::load(const std::filesystem::path& file) {
    return loadModel(file).map([&](LoadedModel model) {
        return Classifier(std::make_unique<Impl>(Impl{file, std::move(model)}));
    });
}

const ModelCard& Classifier::card() const { return m_impl->model.card; }
const std::string& Classifier::sha256() const { return m_impl->model.sha256; }
const std::filesystem::path& Classifier::file() const { return m_impl->file; }

Result<Reading> Classifier::read(const Radiograph& film, Explain explain, std::stop_token stop) {
    const auto start = std::chrono::steady_clock::now();
    const ModelCard& card = m_impl->model.card;
    try {
        const at::Tensor input = prepare(film, card.preprocessing);
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "The reading was cancelled.");
        const CamResult result = gradCam(*m_impl->model.network, input);
        if (!at::isfinite(result.logits).all().item<bool>())
            return fail(ErrorCode::Internal, "The network's output is not finite.", film.source.file.string());

        Reading reading;
        reading.modelName = card.name;
        reading.modelVersion = card.version;
        reading.modelSha256 = sha256();
        Prediction& prediction = reading.prediction;
        prediction.labels = card.labels;
        prediction.logits = toVector(result.logits[0]);
        prediction.probabilities =
            toVector(at::softmax(result.logits[0].to(at::kDouble) / card.temperature, 0));
        prediction.best = static_cast<std::size_t>(
            std::ranges::max_element(prediction.probabilities) - prediction.probabilities.begin());
        if (explain == Explain::EveryClass) {
            for (std::int64_t label = 0; label < result.maps.size(1); ++label)
                reading.explanation.maps.push_back(toImage(result.maps[0][label]));
            reading.explanation.placement =
                placementOnFilm(film.widthPx, film.heightPx, card.preprocessing.fit);
            reading.explanation.fixedScale = card.heatMapScale;
        }
        reading.warnings = doubts(film, card.preprocessing);
        reading.elapsed = std::chrono::steady_clock::now() - start;
        return reading;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read this film.");
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Internal, error.what_without_backtrace(), film.source.file.string());
    }
}

Result<ModelCard> readModelCard(const std::filesystem::path& file) { return loadModelCard(file); }

std::vector<std::string> prepareComputeBackend() {
    at::set_num_threads(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
    std::vector<std::string> warnings;
    if (!blasIsFast())
        warnings.emplace_back("LibTorch runs on the reference BLAS, which makes readings up to fifteen times "
                              "slower. On Debian and Ubuntu install libopenblas0-openmp.");
    if (!at::hasMKLDNN())
        warnings.emplace_back("LibTorch was built without oneDNN, which makes readings several times slower.");
    return warnings;
}

std::string computeBackendVersions() {
    const std::string blas = openBlasConfig();
    return std::string("LibTorch ") + TORCH_VERSION + ", " + at::get_mkldnn_version() +
           (blas.empty() ? "" : ", " + blas);
}

} // namespace hilum
