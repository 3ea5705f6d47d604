// A Hilum model as a file for other programs. Blocking.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "core/domain/Result.h"

namespace hilum {

enum class ExportFormat { Onnx, TorchScript, SafeTensors };

// By the name's ending: .onnx; .pt or .ts; .safetensors. Empty: another one.
std::optional<ExportFormat> exportFormatOf(const std::filesystem::path& file);

// The model is verified as at every load. An existing file is replaced. Errors: those of loadModel(),
// writeOnnx() and writeTorchScript().
Result<void> exportModel(const std::filesystem::path& model, const std::filesystem::path& out,
                         ExportFormat format);

} // namespace hilum
