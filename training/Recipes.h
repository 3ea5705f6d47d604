// Named sets of settings to start from: those of published work, and Hilum's own. A recipe changes how is
// trained, never which data, which network or which split. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "core/domain/Result.h"
#include "training/TrainingConfig.h"

namespace hilum {

struct Recipe {
    std::string_view name;        // as on the command line, e.g. "fine-tune"
    std::string_view title;       // e.g. "Fine-tune everything"
    std::string_view description; // what it does and where it comes from, a sentence or two
    void (*apply)(TrainingConfig& config);
};

// In the order in which they are offered.
const std::vector<Recipe>& recipes();
// Null where the name is unknown.
const Recipe* findRecipe(std::string_view name);
// The defaults for everything that a recipe may change, then the recipe's settings.
TrainingConfig withRecipe(const TrainingConfig& config, const Recipe& recipe);

} // namespace hilum
