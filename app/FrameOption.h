// --frame N, for the subcommands that read films.
#pragma once

#include <CLI/CLI.hpp>

#include "core/image/ReadOptions.h"

namespace hilum {

// reading outlives the parser.
inline void addFrameOption(CLI::App& command, ReadOptions& reading) {
    command
        .add_option("--frame", reading.frame,
                    "which frame of a DICOM image or page of a TIFF, from 1; a film without it fails")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

} // namespace hilum
