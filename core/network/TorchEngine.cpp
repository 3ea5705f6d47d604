#include "core/network/TorchEngine.h"

#include <algorithm>

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/util/Exception.h>
#include <torch/version.h>
#ifndef _WIN32
#include <dlfcn.h>
#endif

#include "core/domain/Threads.h"
#include "core/network/Device.h"
#include "core/network/GradCam.h"
#include "core/network/ModelFile.h"

namespace hilum {
namespace {

template <class T, class Work>
Result<T> guarded(const Work& work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory for this network.");
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Internal, error.what_without_backtrace());
    }
}

FloatImage toImage(const at::Tensor& map) {
    FloatImage image(static_cast<int>(map.size(1)), static_cast<int>(map.size(0)));
    const at::Tensor values = map.cpu().contiguous();
    std::copy_n(values.data_ptr<float>(), image.values.size(), image.values.begin());
    return image;
}

class TorchEngine final : public Engine {
public:
    explicit TorchEngine(std::shared_ptr<Network> network) : m_network(std::move(network)) {}

    Result<EngineOutput> run(std::span<const float> planes, int sizePx, Explain explain) override {
        return guarded<EngineOutput>([&] {
            const std::int64_t planeCount = m_network->graph().node(kInputNode).channels;
            const at::Tensor input = at::from_blob(const_cast<float*>(planes.data()), // is only read
                                                   {1, planeCount, sizePx, sizePx}, at::kFloat);
            const CamResult result = gradCam(*m_network, input.to(m_network->device()));
            const at::Tensor logits = result.logits[0].cpu().contiguous();
            EngineOutput output{{logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel()}, {}};
            for (std::int64_t label = 0; explain == Explain::EveryClass && label < result.maps.size(1);
                 ++label)
                output.maps.push_back(toImage(result.maps[0][label]));
            return output;
        });
    }
    [[nodiscard]] std::string name() const override {
        return "LibTorch " TORCH_VERSION ", fp32, " + deviceText(m_network->device());
    }

private:
    std::shared_ptr<Network> m_network;
};

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

Result<std::unique_ptr<Engine>> makeTorchEngine(const ModelContent& content) {
    return guarded<std::unique_ptr<Engine>>([&] {
        std::shared_ptr<Network> network = networkOf(content);
        moveTo(*network, findDevice(ComputeDevice::Auto).value());
        return std::make_unique<TorchEngine>(std::move(network));
    });
}

std::vector<std::string> prepareTorch() {
    at::set_num_threads(threadCount());
    std::vector<std::string> warnings;
    if (!blasIsFast())
        warnings.emplace_back("LibTorch runs on the reference BLAS, which makes readings up to fifteen times "
                              "slower. On Debian and Ubuntu install libopenblas0-openmp.");
    if (!at::hasMKLDNN())
        warnings.emplace_back(
            "LibTorch was built without oneDNN, which makes readings several times slower.");
    return warnings;
}

std::string torchVersions() {
    const std::string blas = openBlasConfig();
    return "LibTorch " TORCH_VERSION ", " + at::get_mkldnn_version() + (blas.empty() ? "" : ", " + blas);
}

} // namespace hilum
