// The model file: network weights plus model card plus a reference input with its logits. docs/model-file.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "core/network/Network.h"

namespace hilum {

struct LoadedModel {
    ModelCard card;
    std::string sha256; // of the whole file
    std::shared_ptr<Network> network; // eval mode
};

// Computes the reference logits on a fixed input, and writes file atomically. The network must be on the CPU.
// Errors: NotWritable, InvalidArgument (card and network disagree).
Result<void> saveModel(const std::filesystem::path& file, const ModelCard& card, Network& network);

// Errors: NotFound, NotReadable, TooLarge, BadModelFile (with the list of differing tensors, or by how much the
// reference logits differ), UnsupportedVersion.
Result<LoadedModel> loadModel(const std::filesystem::path& file);

Result<ModelCard> loadModelCard(const std::filesystem::path& file);

// Lower-case hexadecimal. Errors: NotFound, NotReadable.
Result<std::string> sha256OfFile(const std::filesystem::path& file);

} // namespace hilum
