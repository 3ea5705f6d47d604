#include "core/storage/ProgramFolder.h"

#include <system_error>

#ifdef _WIN32
#include <windows.h>
#endif

namespace hilum {

std::filesystem::path programFolder() {
#ifdef _WIN32
    wchar_t buffer[MAX_PATH];
    return GetModuleFileNameW(nullptr, buffer, MAX_PATH) > 0 ? std::filesystem::path(buffer).parent_path()
                                                             : std::filesystem::path();
#else
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::filesystem::path() : program.parent_path();
#endif
}

} // namespace hilum
