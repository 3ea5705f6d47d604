#include "core/network/PointwiseConvolution.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/network/Autocast.h"

namespace hilum {
namespace {

// N × C × H × W -> (N · H · W) × C; a view where values lie pixel by pixel.
at::Tensor pixelRows(const at::Tensor& values) { return values.permute({0, 2, 3, 1}).reshape({-1, values.size(1)}); }

class Pointwise : public torch::autograd::Function<Pointwise> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight) {
        context->save_for_backward({x, weight});
        return at::conv2d(x, weight);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1];
        const at::Tensor rows = pixelRows(gradients[0].to(x.scalar_type()));
        at::Tensor ofInput, ofWeight;
        if (context->needs_input_grad(0))
            ofInput = at::mm(rows, weight.flatten(1))
                          .view({x.size(0), x.size(2), x.size(3), x.size(1)})
                          .permute({0, 3, 1, 2});
        if (context->needs_input_grad(1))
            ofWeight = at::mm(rows.t(), pixelRows(x)).view(weight.sizes());
        return {ofInput, ofWeight};
    }
};

} // namespace

bool isFasterPointwise(const op::Convolution& convolution, const at::Tensor& x) {
    return convolution.kernel == Extent(1) && convolution.stride == Extent(1) && convolution.padding == Extent(0) &&
           convolution.groups == 1 && convolution.bias == Bias::None && at::GradMode::is_enabled() && x.device().is_cpu() &&
           castsToBf16(at::kCPU) && x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor pointwiseConvolution(const at::Tensor& x, const at::Tensor& weight) {
    const auto narrow = [](const at::Tensor& values) {
        return at::autocast::cached_cast(at::kBFloat16, values, at::kCPU); // weights once a step
    };
    return Pointwise::apply(narrow(x), narrow(weight));
}

} // namespace hilum
