// The reading engine on LibTorch: where oneDNN is not built in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "core/model/Engine.h"
#include "core/model/ModelContent.h"

namespace hilum {

// Errors: OutOfMemory, Internal.
Result<std::unique_ptr<Engine>> makeTorchEngine(const ModelContent& content);

// Uses every core, and says, in words, what makes LibTorch slower here than it need be; empty when all is
// well.
std::vector<std::string> prepareTorch();

// What computes, e.g. "LibTorch 1.13.0, oneDNN 2.6.3, OpenBLAS 0.3.21 …".
std::string torchVersions();

} // namespace hilum
