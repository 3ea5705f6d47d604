// Weights from elsewhere -> a file of Hilum's. Blocking; not thread-safe (LibTorch's global generator is
// used).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"

namespace hilum {

struct ImportRequest {
    std::string network;        // a name of the table
    std::filesystem::path file; // safetensors or .pth
    std::filesystem::path out;  // safetensors; an existing file is replaced
    // Not empty: out becomes a model that reads films, and there are as many as the head has outputs.
    std::vector<std::string> labels;
    std::string name; // on the model card; empty: the file's
    std::optional<Preprocessing>
        preprocessing;   // of the model; empty: that of torchvision's published weights
    std::string command; // recorded on the model card
};

struct ImportOutcome {
    // Missing, unknown, differently shaped and non-finite tensors, a sentence each: then nothing was written.
    std::vector<std::string> differences;
    std::size_t tensors = 0; // written
    int outputs = 0;         // of the head
    bool isModel = false;    // else plain weights, for train --weights
};

// Errors: those of readWeightFile() and saveModel(); InvalidArgument (unknown network; labels that do not fit
// the head).
Result<ImportOutcome> importWeights(const ImportRequest& request);

// What the network's published weights were trained with.
Result<Preprocessing> publishedPreprocessing(const std::string& network);

} // namespace hilum
