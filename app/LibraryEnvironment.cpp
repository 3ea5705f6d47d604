#include "app/LibraryEnvironment.h"

#include <cstdlib>
#include <string_view>

#include "core/domain/GlibcTunables.h"

#ifdef __linux__
#include <dlfcn.h>
#include <unistd.h>
#endif

namespace hilum {
namespace {

#ifdef __linux__
constexpr const char* kWaitPolicy = "OMP_WAIT_POLICY";
constexpr const char* kSpinCount = "GOMP_SPINCOUNT";
constexpr const char* kCoreType = "OPENBLAS_CORETYPE";

// The newest kernels of OpenBLAS that the processor can run; nullptr: those that it has chosen are new
// enough.
const char* betterKernels() {
#if defined(__GNUC__) && defined(__x86_64__)
    using CoreName = char* (*)();
    const auto coreName = reinterpret_cast<CoreName>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
    if (coreName == nullptr ||
        std::string_view(coreName()) != "Prescott") // what it calls an unknown processor
        return nullptr;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return nullptr;
}

// Whether the variable is another one now.
bool setWhereUnset(const char* name, const char* value) {
    return value != nullptr && std::getenv(name) == nullptr && setenv(name, value, 0) == 0;
}
#endif

} // namespace

void restartWithFastLibraries([[maybe_unused]] const std::vector<std::string>& commandLine) {
#ifdef __linux__
    const bool waits = setWhereUnset(kWaitPolicy, "passive");
    if (waits)
        setWhereUnset(kSpinCount, "30000");
    const bool multiplies = setWhereUnset(kCoreType, betterKernels());
    const bool takesLargePages = setWhereUnset(kTunablesVariable, kLargePages);
    if (!waits && !multiplies && !takesLargePages)
        return;
    std::vector<char*> arguments;
    for (const std::string& argument : commandLine)
        arguments.push_back(const_cast<char*>(argument.c_str())); // execv() only reads them
    arguments.push_back(nullptr);
    execv("/proc/self/exe", arguments.data()); // where it returns, the libraries stay as they are
#endif
}

void forgetLibraryEnvironment() {
#ifdef __linux__
    for (const char* name : {kWaitPolicy, kSpinCount, kCoreType})
        unsetenv(name);
    const char* tunables = std::getenv(kTunablesVariable);
    if (tunables != nullptr && std::string_view(tunables) == kLargePages)
        unsetenv(kTunablesVariable);
#endif
}

} // namespace hilum
