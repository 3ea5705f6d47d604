// A model as an ONNX file (onnx.ai, IR version 8, operator set 17): input "images" N × P × S × S, prepared as
// the model card says; outputs "logits" and "probabilities", N × K. Torch-free.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "core/graph/Graph.h"

namespace hilum {

// The values of a parameter, row-major; they stay where they are until the file is written.
using ParameterValues = std::function<std::span<const float>(const std::string& name)>;

// Labels, preprocessing and the whole card go along as metadata properties. Errors: NotWritable, TooLarge (2
// GB, the format's limit), InvalidArgument (the network cannot read the card's input size).
Result<void> writeOnnx(const std::filesystem::path& file, const Graph& graph, const ModelCard& card,
                       const ParameterValues& values);

} // namespace hilum
