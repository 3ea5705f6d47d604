// Where the running program lies.
#pragma once

#include <filesystem>

namespace hilum {

// The folder that holds the program's file; empty where the system does not tell.
std::filesystem::path programFolder();

} // namespace hilum
