#include "core/network/Device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/cuda.h>

#include "core/domain/Precision.h"

namespace hilum {
namespace {

bool has(ComputeDevice kind) {
    return kind == ComputeDevice::Cpu || (kind == ComputeDevice::Cuda && torch::cuda::is_available()) ||
           (kind == ComputeDevice::Mps && at::hasMPS());
}

c10::Device deviceOf(ComputeDevice kind) {
    return kind == ComputeDevice::Cuda  ? c10::Device(c10::kCUDA, 0)
           : kind == ComputeDevice::Mps ? c10::Device(c10::kMPS, 0)
                                        : c10::Device(c10::kCPU);
}

// cuDNN has them from Ampere on. A LibTorch that does not tell is newer than any card without.
template <class Hooks>
bool cudaHasBf16(const Hooks& hooks) {
    if constexpr (requires { hooks.supportsBFloat16ConvolutionWithCuDNNv8(); })
        return hooks.supportsBFloat16ConvolutionWithCuDNNv8();
    else
        return true;
}

} // namespace

Result<c10::Device> findDevice(ComputeDevice wanted) {
    if (wanted != ComputeDevice::Auto && !has(wanted))
        return fail(ErrorCode::InvalidArgument,
                    "LibTorch finds no " + deviceText(deviceOf(wanted)) +
                        " on this machine; it can compute on the processor.",
                    "device");
    if (wanted != ComputeDevice::Auto)
        return deviceOf(wanted);
    for (const ComputeDevice kind : {ComputeDevice::Cuda, ComputeDevice::Mps}) {
        if (has(kind))
            return deviceOf(kind);
    }
    return deviceOf(ComputeDevice::Cpu);
}

ComputeDevice kindOf(const c10::Device& device) {
    return device.is_cuda()             ? ComputeDevice::Cuda
           : device.type() == c10::kMPS ? ComputeDevice::Mps
                                        : ComputeDevice::Cpu;
}

std::string deviceText(const c10::Device& device) {
    return device.is_cuda() ? "CUDA" : device.type() == c10::kMPS ? "MPS" : "processor";
}

bool deviceHasBf16(const c10::Device& device) {
    return device.is_cuda() ? cudaHasBf16(at::detail::getCUDAHooks()) : device.is_cpu() && processorHasBf16();
}

void moveTo(Network& network, const c10::Device& device) {
    if (device.is_cuda()) {
        at::globalContext().setAllowTF32CuDNN(false);
        at::globalContext().setDeterministicCuDNN(true); // the same seed gives the same weights
    }
    network.to(device);
}

} // namespace hilum
