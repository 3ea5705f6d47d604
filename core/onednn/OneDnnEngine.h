// The reading engine for processors: oneDNN called directly, no torch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/domain/Result.h"
#include "core/graph/Graph.h"
#include "core/model/Engine.h"
#include "core/model/TensorFile.h"

namespace hilum {

struct OneDnnOptions {
    int threads = 0;       // 0: every core
    bool bfloat16 = false; // half the memory traffic; where the processor has it, faster
    int sizePx = 224;      // of the films to come; others work too, but slowly and always in float
    std::filesystem::path
        choicesFile{}; // of algorithms that were measured on this machine; empty: none is kept
};

// tensors: every parameter of the graph, checked; they stay in use. Measures convolutions that choicesFile
// does not know yet (0.1 to 3 s, once a precision). Errors: UnsupportedFormat (the graph, or bfloat16 on this
// processor, needs another engine), OutOfMemory, Internal.
Result<std::unique_ptr<Engine>> makeOneDnnEngine(const Graph& graph, TensorFile tensors,
                                                 const OneDnnOptions& options);

// The same in bfloat16 where the processor has it (core/domain/Precision.h), it is faster for this network,
// and it names the same label as float on a set of 16 reference images; else in float. Measured once: the
// choice is kept in choicesFile for the model file that sha256 names.
Result<std::unique_ptr<Engine>> makeFastestOneDnnEngine(const Graph& graph, TensorFile tensors,
                                                        const OneDnnOptions& options,
                                                        const std::function<std::string()>& sha256);

} // namespace hilum
