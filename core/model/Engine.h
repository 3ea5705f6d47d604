// What computes a network for reading. Two make the same numbers: oneDNN (core/onednn) and LibTorch
// (core/network).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/domain/Raster.h"
#include "core/domain/Reading.h"
#include "core/domain/Result.h"

namespace hilum {

struct EngineOutput {
    std::vector<float> logits;
    std::vector<FloatImage> maps; // one a logit, raw: relu(Σ_c α_c A_c); empty for Explain::No
};

// One network with its weights. Calls must not overlap; they may come from different threads.
class Engine {
public:
    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual ~Engine() = default;

    // planes: P × sizePx × sizePx, normalised. Errors: OutOfMemory, Internal, InvalidArgument (a size that
    // the network cannot take).
    virtual Result<EngineOutput> run(std::span<const float> planes, int sizePx, Explain explain) = 0;
    // For people, e.g. "oneDNN 2.6.3, fp32".
    [[nodiscard]] virtual std::string name() const = 0;
};

} // namespace hilum
