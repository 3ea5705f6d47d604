// Where the files that ship with Hilum are: models and demo films.
#pragma once

#include <filesystem>
#include <vector>

namespace hilum {

// The first of these that exists: $HILUM_RESOURCES, ../share/hilum beside the program (installed), and the
// source tree that the program was built from. Empty where there is none.
std::filesystem::path resourceFolder();

// The model files (*.safetensors) in resourceFolder()/models, sorted by name; the starter model is first.
std::vector<std::filesystem::path> shippedModels();

} // namespace hilum
