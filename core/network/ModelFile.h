// The model file (core/model/ModelContent.h) with LibTorch's network: for training and evaluating.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "core/model/ModelContent.h"
#include "core/network/Network.h"
#include "core/network/SafeTensors.h"

namespace hilum {

struct LoadedModel {
    ModelCard card;
    std::string sha256;               // of the whole file
    std::shared_ptr<Network> network; // eval mode, no gradients
};

// Computes the reference logits on a fixed input, and writes file atomically. The network is left in eval
// mode. Errors: NotWritable, InvalidArgument (card and network disagree).
Result<void> saveModel(const std::filesystem::path& file, const ModelCard& card, Network& network);

// Errors: those of openModel(), BadModelFile (by how much the reference logits differ), OutOfMemory.
Result<LoadedModel> loadModel(const std::filesystem::path& file);

// The network of an opened model, its weights copied: eval mode, no gradients. Throws c10::Error.
std::shared_ptr<Network> networkOf(const ModelContent& content);

// Every parameter and buffer under torchvision's name.
std::vector<std::pair<std::string, at::Tensor>> stateOf(const Network& network);

// What keeps tensors from being the network's state, a sentence each: missing, unknown, differently shaped or
// non-finite ones. "num_batches_tracked" may be missing.
std::vector<std::string> stateDifferences(const Network& network,
                                          const std::vector<std::pair<std::string, at::Tensor>>& tensors);

// Copies tensors into the network: all of them, or none. Errors: BadModelFile with the first differences.
Result<void> loadState(Network& network, const std::vector<std::pair<std::string, at::Tensor>>& tensors);

} // namespace hilum
