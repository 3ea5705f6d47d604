// A model as a TorchScript program: torch.jit.load(FILE)(images) gives its logits, and state_dict() has
// torchvision's names. The model card goes along as the extra file "hilum.card".
#pragma once

#include <filesystem>

#include "core/domain/ModelCard.h"
#include "core/domain/Result.h"
#include "core/network/Network.h"

namespace hilum {

// Errors: NotWritable.
Result<void> writeTorchScript(const std::filesystem::path& file, const Network& network,
                              const ModelCard& card);

} // namespace hilum
