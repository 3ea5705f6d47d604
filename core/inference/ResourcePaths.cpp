#include "core/inference/ResourcePaths.h"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#ifdef _WIN32
#include <windows.h>
#endif

namespace hilum {
namespace {

namespace fs = std::filesystem;

fs::path programFolder() {
    std::error_code error;
#ifdef _WIN32
    wchar_t buffer[MAX_PATH];
    return GetModuleFileNameW(nullptr, buffer, MAX_PATH) > 0 ? fs::path(buffer).parent_path() : fs::path();
#else
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path() : program.parent_path();
#endif
}

bool isFolder(const fs::path& path) {
    std::error_code error;
    return !path.empty() && fs::is_directory(path, error);
}

} // namespace

fs::path resourceFolder() {
    const char* fromEnvironment = std::getenv("HILUM_RESOURCES");
    for (const fs::path& candidate : {fs::path(fromEnvironment == nullptr ? "" : fromEnvironment),
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
