#include "ui/jobs/SiblingPrograms.h"

#include <string>

#include <QtGlobal>

#include "core/storage/ProgramFolder.h"
#include "ui/QtConvert.h"

namespace hilum {
namespace {

std::filesystem::path sibling(const char* variable, std::string name) {
    const QString chosen = qEnvironmentVariable(variable);
    if (!chosen.isEmpty())
        return toPath(chosen);
#ifdef _WIN32
    name += ".exe";
#endif
    return programFolder() / name;
}

} // namespace

std::filesystem::path trainerProgram() { return sibling("HILUM_TRAINER", "hilum-trainer"); }
std::filesystem::path commandLineProgram() { return sibling("HILUM_CLI", "hilum-cli"); }

} // namespace hilum
