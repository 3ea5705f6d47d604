// What LibTorch computes on.
#pragma once

namespace hilum {

enum class ComputeDevice {
    Auto, // CUDA where LibTorch has it and finds a card, else MPS, else the processor
    Cpu,
    Cuda, // NVIDIA's cards
    Mps,  // Apple's chips
};

} // namespace hilum
