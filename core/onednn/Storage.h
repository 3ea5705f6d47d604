// Where an engine keeps the values of a graph's feature part: one arena, in which buffers follow each other
// as soon as nobody needs the older one, and in which concatenations cost nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/graph/Fusion.h"
#include "core/graph/Graph.h"

namespace hilum {

// A value's place: some channels of a buffer. The parts of a concatenation are slots of one buffer.
struct Slot {
    int buffer = -1; // none: the value is taken into a pass, or is the input
    int firstChannel = 0;
};

struct Buffer {
    int channels = 0;
    std::size_t bytes = 0;
    std::size_t offset = 0; // in the arena
};

struct Storage {
    std::vector<Slot> slots; // by node
    std::vector<Buffer> buffers;
    std::size_t arenaBytes = 0;
    std::vector<bool> copiesResidual; // by pass: the residual is needed later, so its sum needs a copy
};

struct BlockFormat {
    int channels = 16; // that lie together in memory; 1: all of a pixel's do
    std::size_t elementBytes = 4;
};

// Values are blocked by channels (C/block × H × W × block) or pixel by pixel (H × W × C). Empty where a
// concatenation's parts do not fall on whole blocks, or one value would have to be part of two.
std::optional<Storage> planStorage(const Graph& graph, const std::vector<FusedPass>& passes,
                                   const std::vector<Extent>& extents, const BlockFormat& format);

} // namespace hilum
