// ModelCard <-> the JSON in the model file's header.
#pragma once

#include <string>
#include <string_view>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"

namespace hilum {

std::string cardToJson(const ModelCard& card);

// Unknown keys are ignored, missing ones keep their defaults, except architecture, labels and preprocessing.
// Errors: BadModelFile, naming the key.
Result<ModelCard> cardFromJson(std::string_view json);

} // namespace hilum
