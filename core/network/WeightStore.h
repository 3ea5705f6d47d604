// The files of weights that torchvision publishes: on this machine, or fetched once. Torch-free; thread-safe.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/domain/Result.h"
#include "core/storage/Download.h"

namespace hilum {

// Where to look, in this order, and where to fetch from.
struct WeightPlaces {
    std::filesystem::path folder;     // the user's: --weights-dir, else $HILUM_WEIGHTS_DIR; may be empty
    std::filesystem::path torchCache; // $TORCH_HOME or ~/.cache/torch, hub/checkpoints: PyTorch's own
    std::filesystem::path cache;      // per user, and where a download goes
    std::string address;              // ends with "/"; $HILUM_WEIGHTS_URL, else torchvision's
};
WeightPlaces weightPlaces(const std::filesystem::path& folder = {});

struct PublishedWeights {
    std::filesystem::path file;
    std::string sha256; // of the whole file
};

// fileName is torchvision's, NAME-HASH.pth, and the file's SHA-256 begins with that hash, wherever it comes
// from. Errors: those of download(); Damaged and NotReadable (what is in the folder), with the file as
// context.
Result<PublishedWeights> publishedWeights(std::string_view fileName, const WeightPlaces& places,
                                          const DownloadProgress& progress, std::stop_token stop);

} // namespace hilum
