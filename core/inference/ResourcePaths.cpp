#include "core/inference/ResourcePaths.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "core/storage/ProgramFolder.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

bool isFolder(const fs::path& path) {
    std::error_code error;
    return !path.empty() && fs::is_directory(path, error);
}

} // namespace

fs::path resourceFolder() {
    const char* fromEnvironment = std::getenv("HILUM_RESOURCES");
    for (const fs::path& candidate :
         {fs::path(fromEnvironment == nullptr ? "" : fromEnvironment),
          programFolder() / ".." / "share" / "hilum", fs::path(HILUM_SOURCE_RESOURCES)}) {
        if (isFolder(candidate))
            return candidate.lexically_normal();
    }
    return {};
}

std::vector<fs::path> shippedModels() {
    std::vector<fs::path> models;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(resourceFolder() / "models", error)) {
        if (entry.path().extension() == ".safetensors")
            models.push_back(entry.path());
    }
    std::ranges::sort(models);
    std::ranges::stable_partition(models, [](const fs::path& file) { return file.stem() == "starter"; });
    return models;
}

} // namespace hilum
