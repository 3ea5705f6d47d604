// Where a network computes: the processor, or what LibTorch has beside it. Internal: shows torch.
#pragma once

#include <string>

#include <c10/core/Device.h>

#include "core/domain/ComputeDevice.h"
#include "core/domain/Result.h"
#include "core/network/Network.h"

namespace hilum {

// Errors: InvalidArgument (this machine, or this LibTorch, has none; context "device").
Result<c10::Device> findDevice(ComputeDevice wanted);

// Never Auto.
ComputeDevice kindOf(const c10::Device& device);

// E.g. "CUDA"; for people.
std::string deviceText(const c10::Device& device);

// Whether it multiplies bf16 in hardware.
bool deviceHasBf16(const c10::Device& device);

// Moves weights and buffers; convolutions are in fp32 there, not in TF32, so that films are read as on the
// processor.
void moveTo(Network& network, const c10::Device& device);

} // namespace hilum
