#include "core/network/WeightStore.h"

#include <cstdlib>
#include <optional>

#include "core/storage/AtomicFile.h"
#include "core/storage/UserFolders.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTorchvision = "https://download.pytorch.org/models/";

fs::path environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? fs::path() : fs::path(value);
}

fs::path homeFolder() {
#ifdef _WIN32
    return environment("USERPROFILE");
#else
    return environment("HOME");
#endif
}

fs::path torchCache() {
    if (const fs::path home = environment("TORCH_HOME"); !home.empty())
        return home / "hub" / "checkpoints";
    const fs::path cache = environment("XDG_CACHE_HOME");
    return (cache.empty() ? homeFolder() / ".cache" : cache) / "torch" / "hub" / "checkpoints";
}

// "c1103571" of "densenet201-c1103571.pth"
std::string hashIn(std::string_view fileName) {
    const std::size_t dash = fileName.rfind('-');
    return std::string(fileName.substr(dash + 1, fileName.rfind('.') - dash - 1));
}

// The file in a folder, or nothing where it is not there.
Result<std::optional<PublishedWeights>> found(const fs::path& folder, std::string_view fileName) {
    const fs::path file = folder / fileName;
    std::error_code error;
    if (folder.empty() || !fs::is_regular_file(file, error))
        return std::nullopt;
    Result<std::string> sha256 = sha256OfFile(file);
    if (!sha256)
        return tl::unexpected(sha256.error());
    if (!sha256->starts_with(hashIn(fileName)))
        return fail(ErrorCode::Damaged,
                    "The file of weights is damaged: its SHA-256 begins with " + sha256->substr(0, 8) +
                        " instead of " + hashIn(fileName) + ".",
                    file.string());
    return PublishedWeights{file, std::move(*sha256)};
}

} // namespace

WeightPlaces weightPlaces(const fs::path& folder) {
    const std::string address = environment("HILUM_WEIGHTS_URL").string();
    WeightPlaces places{folder.empty() ? environment("HILUM_WEIGHTS_DIR") : folder, torchCache(),
                        userCacheFolder() / "weights", address.empty() ? kTorchvision : address};
    if (!places.address.ends_with('/'))
        places.address += '/';
    return places;
}

Result<PublishedWeights> publishedWeights(std::string_view fileName, const WeightPlaces& places,
                                          const DownloadProgress& progress, std::stop_token stop) {
    // What the user names must be right; what a cache holds is fetched again where it is not.
    Result<std::optional<PublishedWeights>> own = found(places.folder, fileName);
    if (!own)
        return tl::unexpected(own.error());
    if (*own)
        return std::move(**own);
    for (const fs::path& cache : {places.torchCache, places.cache}) {
        Result<std::optional<PublishedWeights>> cached = found(cache, fileName);
        if (cached && *cached)
            return std::move(**cached);
    }
    const DownloadRequest request{places.address + std::string(fileName), places.cache / fileName,
                                  hashIn(fileName)};
    Result<std::string> sha256 = download(request, progress, std::move(stop));
    if (!sha256 && sha256.error().code == ErrorCode::NotReachable)
        sha256.error().message += " Fetch " + std::string(fileName) +
                                  " elsewhere, and name its folder with --weights-dir or HILUM_WEIGHTS_DIR.";
    if (!sha256)
        return tl::unexpected(sha256.error());
    return PublishedWeights{request.file, std::move(*sha256)};
}

} // namespace hilum
