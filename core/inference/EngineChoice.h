// Which engine reads: oneDNN where it is built in, else LibTorch.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/domain/Precision.h"
#include "core/domain/Result.h"

namespace hilum {

class Engine;
struct ModelContent;

// "auto", "fp32", "bf16"; empty for anything else.
std::optional<Precision> precisionNamed(std::string_view name);

// Auto takes bf16 where the processor has it, it is faster for this network, and it finds the same labels.
// The tensors go over to the engine. sha256 gives that of the model file, for which Auto's choice is kept; it
// is called where there is a choice. Errors: UnsupportedFormat, OutOfMemory, Internal.
Result<std::unique_ptr<Engine>> makeEngine(ModelContent& content, Precision precision,
                                           const std::function<std::string()>& sha256);

// Uses every core, and says once, in words, what makes this machine slower than it need be; empty when all is
// well. Call before the first load().
std::vector<std::string> prepareComputeBackend();

} // namespace hilum
