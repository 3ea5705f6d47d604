#include "core/network/Autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace hilum {
namespace {

void enable(c10::DeviceType device, bool enabled) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(device, at::kBFloat16);
    at::autocast::set_autocast_enabled(device, enabled);
#else
    if (device == at::kCUDA) {
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        at::autocast::set_enabled(enabled);
    } else {
        at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
        at::autocast::set_cpu_enabled(enabled);
    }
#endif
}

} // namespace

bool castsToBf16(c10::DeviceType device) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    return at::autocast::is_autocast_enabled(device) &&
           at::autocast::get_autocast_dtype(device) == at::kBFloat16;
#else
    return device == at::kCUDA
               ? at::autocast::is_enabled() && at::autocast::get_autocast_gpu_dtype() == at::kBFloat16
               : at::autocast::is_cpu_enabled() && at::autocast::get_autocast_cpu_dtype() == at::kBFloat16;
#endif
}

Bf16Autocast::Bf16Autocast(c10::DeviceType device) : m_device(device) {
    at::autocast::increment_nesting();
    enable(m_device, true);
}

Bf16Autocast::~Bf16Autocast() {
    enable(m_device, false);
    if (at::autocast::decrement_nesting() == 0)
        at::autocast::clear_cache();
}

} // namespace hilum
