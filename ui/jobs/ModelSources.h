// Which models the picker offers, besides those that ship with Hilum.
#pragma once

#include <filesystem>
#include <vector>

namespace hilum {

struct ModelSources {
    std::vector<std::filesystem::path> files;   // named one by one; come first
    std::vector<std::filesystem::path> folders; // whose *.safetensors files are offered, by name
};

// The model files there and then the shipped ones, each once. A folder that is missing or cannot be read
// gives none. Blocking.
std::vector<std::filesystem::path> modelFiles(const ModelSources& sources,
                                              const std::vector<std::filesystem::path>& shipped);

} // namespace hilum
