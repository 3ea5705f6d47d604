#include "core/storage/UserFolders.h"

#include <cstdlib>

namespace hilum {
namespace {

std::filesystem::path fromEnvironment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::filesystem::path below(const std::filesystem::path& folder, const char* part) {
    return folder.empty() ? folder : folder / part;
}

} // namespace

std::filesystem::path userCacheFolder() {
#if defined(_WIN32)
    return below(fromEnvironment("LOCALAPPDATA"), "hilum/cache");
#elif defined(__APPLE__)
    return below(fromEnvironment("HOME"), "Library/Caches/hilum");
#else
    const std::filesystem::path cache = fromEnvironment("XDG_CACHE_HOME");
    return cache.is_absolute() ? cache / "hilum" : below(fromEnvironment("HOME"), ".cache/hilum");
#endif
}

} // namespace hilum
