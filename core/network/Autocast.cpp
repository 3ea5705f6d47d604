#include "core/network/Autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace hilum {
namespace {

void enableOnCpu(bool enabled) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, enabled);
#else
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
#endif
}

} // namespace

Bf16Autocast::Bf16Autocast() {
    at::autocast::increment_nesting();
    enableOnCpu(true);
}

Bf16Autocast::~Bf16Autocast() {
    enableOnCpu(false);
    if (at::autocast::decrement_nesting() == 0)
        at::autocast::clear_cache();
}

} // namespace hilum
