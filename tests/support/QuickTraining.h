// Settings with which a training on a FilmFolder takes seconds: HilumNet on 32 × 32 pixels.
#pragma once

#include "tests/support/FilmFolder.h"
#include "training/TrainingConfig.h"

namespace hilum::test {

inline TrainingConfig quickTraining(const FilmFolder& folder) {
    TrainingConfig config;
    config.data = folder.root();
    config.out = folder.scratch() / "run";
    config.network = "hilumnet";
    config.inputSizePx = 32;
    config.epochs = 2;
    config.batchSize = 8;
    config.split.train = 0.6;
    config.split.validation = 0.2;
    return config;
}

} // namespace hilum::test
