// Where the system lets a program keep things for one user.
#pragma once

#include <filesystem>

namespace hilum {

// For what can be made again: $XDG_CACHE_HOME/hilum, else ~/.cache/hilum; %LOCALAPPDATA%/hilum/cache on
// Windows,
// ~/Library/Caches/hilum on macOS. Not created. Empty where the system names none.
std::filesystem::path userCacheFolder();

} // namespace hilum
