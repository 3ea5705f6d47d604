#include "core/inference/ExportModel.h"

#include <map>

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include "core/export/Onnx.h"
#include "core/export/TorchScript.h"
#include "core/network/ModelFile.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

Result<void> writeAsOnnx(const fs::path& out, const LoadedModel& model) {
    std::map<std::string, at::Tensor> state;
    for (const auto& [name, tensor] : stateOf(*model.network))
        state.emplace(name, tensor.contiguous());
    return writeOnnx(out, model.network->graph(), model.card, [&](const std::string& name) {
        const at::Tensor& tensor = state.at(name);
        return std::span(tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel()));
    });
}

Result<void> writeAs(ExportFormat format, const fs::path& file, const fs::path& out) {
    const Result<LoadedModel> model = loadModel(file);
    if (!model)
        return tl::unexpected(model.error());
    switch (format) {
    case ExportFormat::Onnx:
        return writeAsOnnx(out, *model);
    case ExportFormat::TorchScript:
        return writeTorchScript(out, *model->network, model->card);
    case ExportFormat::SafeTensors:
        return saveModel(out, model->card, *model->network);
    }
    return {};
}

} // namespace

std::optional<ExportFormat> exportFormatOf(const fs::path& file) {
    const std::string ending = file.extension().string();
    if (ending == ".onnx")
        return ExportFormat::Onnx;
    if (ending == ".pt" || ending == ".ts")
        return ExportFormat::TorchScript;
    if (ending == ".safetensors")
        return ExportFormat::SafeTensors;
    return std::nullopt;
}

Result<void> exportModel(const fs::path& model, const fs::path& out, ExportFormat format) {
    try {
        return writeAs(format, model, out);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to export this model.",
                    model.string());
    } catch (const std::exception& error) { // c10::Error, torch::jit::ErrorReport
        return fail(ErrorCode::Internal, std::string("LibTorch failed: ") + error.what(), model.string());
    }
}

} // namespace hilum
