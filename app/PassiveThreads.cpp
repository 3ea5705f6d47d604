#include "app/PassiveThreads.h"

#include <cstdlib>

#ifdef __linux__
#include <unistd.h>
#endif

namespace hilum {

void letThreadsWaitPassively([[maybe_unused]] const std::vector<std::string>& commandLine) {
#ifdef __linux__
    constexpr const char* kPolicy = "OMP_WAIT_POLICY";
    if (std::getenv(kPolicy) != nullptr || setenv(kPolicy, "passive", 0) != 0)
        return;
    setenv("GOMP_SPINCOUNT", "30000", 0);
    std::vector<char*> arguments;
    for (const std::string& argument : commandLine)
        arguments.push_back(const_cast<char*>(argument.c_str())); // execv() only reads them
    arguments.push_back(nullptr);
    execv("/proc/self/exe", arguments.data()); // where it returns, threads spin
#endif
}

} // namespace hilum
