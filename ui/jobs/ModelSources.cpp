#include "ui/jobs/ModelSources.h"

#include <algorithm>
#include <system_error>

namespace hilum {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path> modelsIn(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (entry->path().extension() == ".safetensors" && entry->is_regular_file(ignored))
            files.push_back(entry->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

std::vector<fs::path> modelFiles(const ModelSources& sources, const std::vector<fs::path>& shipped) {
    std::vector<fs::path> all = sources.files;
    for (const fs::path& folder : sources.folders) {
        const std::vector<fs::path> found = modelsIn(folder);
        all.insert(all.end(), found.begin(), found.end());
    }
    all.insert(all.end(), shipped.begin(), shipped.end());
    std::vector<fs::path> unique;
    for (const fs::path& file : all) {
        const fs::path normal = file.lexically_normal();
        if (std::find(unique.begin(), unique.end(), normal) == unique.end())
            unique.push_back(normal);
    }
    return unique;
}

} // namespace hilum
