// LibTorch's automatic mixed precision on the processor. Internal.
#pragma once

namespace hilum {

// While it lives, this thread runs convolutions and matrix products in bf16 (autograd's backward follows what
// forward did). Weights are converted once and kept until it goes: do not let weights change within.
class Bf16Autocast {
public:
    Bf16Autocast();
    ~Bf16Autocast();
    Bf16Autocast(const Bf16Autocast&) = delete;
    Bf16Autocast& operator=(const Bf16Autocast&) = delete;
};

} // namespace hilum
