#include "core/inference/EngineChoice.h"

#include "core/model/Engine.h"
#include "core/model/ModelContent.h"
#ifdef HILUM_ONEDNN
#include "core/onednn/OneDnnEngine.h"
#include "core/storage/UserFolders.h"
#else
#include "core/network/TorchEngine.h"
#endif

namespace hilum {

std::optional<Precision> precisionNamed(std::string_view name) {
    if (name == "auto")
        return Precision::Auto;
    if (name == "fp32")
        return Precision::Fp32;
    if (name == "bf16")
        return Precision::Bf16;
    return std::nullopt;
}

#ifdef HILUM_ONEDNN

Result<std::unique_ptr<Engine>> makeEngine(ModelContent& content, Precision precision,
                                           const std::function<std::string()>& sha256) {
    const std::filesystem::path folder = userCacheFolder();
    const OneDnnOptions options{.bfloat16 = precision == Precision::Bf16,
                                .sizePx = content.card.preprocessing.inputSizePx,
                                .choicesFile = folder.empty() ? folder : folder / "engine-choices.txt"};
    if (precision == Precision::Auto)
        return makeFastestOneDnnEngine(content.graph, std::move(content.tensors), options, sha256);
    return makeOneDnnEngine(content.graph, std::move(content.tensors), options);
}

std::vector<std::string> prepareComputeBackend() { return {}; }

#else

Result<std::unique_ptr<Engine>> makeEngine(ModelContent& content, Precision precision,
                                           const std::function<std::string()>&) {
    if (precision == Precision::Bf16)
        return fail(ErrorCode::UnsupportedFormat, "This build reads in fp32 only; bf16 needs oneDNN.");
    return makeTorchEngine(content);
}

std::vector<std::string> prepareComputeBackend() { return prepareTorch(); }

#endif

} // namespace hilum
