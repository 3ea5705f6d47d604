#include "core/network/PointwiseConvolution.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/domain/Precision.h"
#include "core/network/Autocast.h"

namespace hilum {
namespace {

// N × C × H × W -> (N · H · W) × C; a view where values lie pixel by pixel.
at::Tensor pixelRows(const at::Tensor& values) {
    return values.permute({0, 2, 3, 1}).reshape({-1, values.size(1)});
}

// The pixels that a stride leaves; a view.
at::Tensor everyNth(const at::Tensor& values, std::int64_t rows, std::int64_t columns) {
    return values.slice(2, 0, c10::nullopt, rows).slice(3, 0, c10::nullopt, columns);
}

class Pointwise : public torch::autograd::Function<Pointwise> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              const at::Tensor& weight, std::int64_t rowStride, std::int64_t columnStride) {
        const at::Tensor seen =
            everyNth(x, rowStride, columnStride).contiguous(at::MemoryFormat::ChannelsLast);
        context->save_for_backward({seen, weight});
        context->saved_data["sizes"] = x.sizes();
        context->saved_data["stride"] = std::vector<std::int64_t>{rowStride, columnStride};
        return at::conv2d(seen, weight);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &seen = saved[0], &weight = saved[1];
        const at::Tensor rows = pixelRows(gradients[0].to(seen.scalar_type()));
        at::Tensor ofInput, ofWeight;
        if (context->needs_input_grad(0)) {
            ofInput = at::mm(rows, weight.flatten(1))
                          .view({seen.size(0), seen.size(2), seen.size(3), seen.size(1)})
                          .permute({0, 3, 1, 2});
            const auto stride = context->saved_data["stride"].toIntVector();
            if (stride[0] != 1 || stride[1] != 1) {
                const at::Tensor ofSeen = ofInput;
                ofInput = at::empty(context->saved_data["sizes"].toIntVector(), ofSeen.options(),
                                    at::MemoryFormat::ChannelsLast)
                              .zero_();
                everyNth(ofInput, stride[0], stride[1]).copy_(ofSeen);
            }
        }
        if (context->needs_input_grad(1))
            ofWeight = at::mm(rows.t(), pixelRows(seen)).view(weight.sizes());
        return {ofInput, ofWeight, at::Tensor(), at::Tensor()};
    }
};

} // namespace

bool isFasterPointwise(const op::Convolution& convolution, const at::Tensor& x) {
    return convolution.kernel == Extent(1) && convolution.padding == Extent(0) && convolution.groups == 1 &&
           convolution.bias == Bias::None && at::GradMode::is_enabled() && x.device().is_cpu() &&
           castsToBf16(at::kCPU) &&
           processorHasBf16() && // else LibTorch's products sum in bf16, too, and gradients are far off
           x.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor pointwiseConvolution(const at::Tensor& x, const at::Tensor& weight, Extent stride) {
    const auto narrow = [](const at::Tensor& values) {
        return at::autocast::cached_cast(at::kBFloat16, values, at::kCPU); // weights once a step
    };
    return Pointwise::apply(narrow(x), narrow(weight), std::int64_t{stride.height},
                            std::int64_t{stride.width});
}

} // namespace hilum
