// The programs that stand beside this one.
#pragma once

#include <filesystem>

namespace hilum {

// $HILUM_TRAINER, else hilum-trainer beside the running program.
std::filesystem::path trainerProgram();
// $HILUM_CLI, else hilum-cli beside the running program.
std::filesystem::path commandLineProgram();

} // namespace hilum
