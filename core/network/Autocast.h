// LibTorch's automatic mixed precision. Internal: shows torch.
#pragma once

#include <c10/core/DeviceType.h>

namespace hilum {

// While it lives, this thread runs convolutions and matrix products on such a device (processor or CUDA) in
// bf16 (autograd's backward follows what forward did). Weights are converted once and kept until it goes: do
// not let weights change within.
class Bf16Autocast {
public:
    explicit Bf16Autocast(c10::DeviceType device);
    ~Bf16Autocast();
    Bf16Autocast(const Bf16Autocast&) = delete;
    Bf16Autocast& operator=(const Bf16Autocast&) = delete;

private:
    c10::DeviceType m_device;
};

// Whether this thread does so now.
bool castsToBf16(c10::DeviceType device);

} // namespace hilum
