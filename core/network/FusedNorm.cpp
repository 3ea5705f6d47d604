#include "core/network/FusedNorm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/network/Autocast.h"
#include "core/network/NormPasses.h"

namespace hilum {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class NormFunction : public torch::autograd::Function<NormFunction> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& /*bias*/, torch::nn::BatchNorm2dImpl* norm, bool rectifies) {
        const NormOfBatch ofBatch(*norm, momentsOf(x), Shares(x).rows());
        context->save_for_backward({x, weight, ofBatch.table()});
        context->saved_data["rectifies"] = rectifies;
        return applied(ofBatch.line(rectifies), x);
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1];
        const NormOfBatch ofBatch(saved[2]);
        const Line line = ofBatch.line(context->saved_data["rectifies"].toBool());
        const at::Tensor g = inRows(gradients[0].to(x.scalar_type()));
        const NormOfBatch::Gradients own = ofBatch.gradients(g, x, line, weight);
        at::Tensor ofInput;
        if (context->needs_input_grad(0)) {
            ofInput = at::empty_like(x, at::MemoryFormat::ChannelsLast);
            writeGradient(g, x, ofInput, line, own.terms());
        }
        return {ofInput, own.ofWeight, own.ofBias, at::Tensor(), at::Tensor()};
    }
};

class NormAndSumFunction : public torch::autograd::Function<NormAndSumFunction> {
public:
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& residual,
                              const at::Tensor& weight, const at::Tensor& /*bias*/,
                              torch::nn::BatchNorm2dImpl* norm) {
        const Shares shares(x);
        const NormOfBatch ofBatch(*norm, momentsOf(x), shares.rows());
        const at::Tensor y = at::empty_like(x, at::MemoryFormat::ChannelsLast);
        forElementsOf(x, [&]<class T>(T) {
            shares.forEach([&](RowRange rows, std::size_t) {
                applyLineAndAdd<T>(rowsOf<const T>(x), rowsOf<const T>(residual), rowsOf<T>(y), rows,
                                   ofBatch.line(true));
            });
        });
        context->save_for_backward({x, y, weight, ofBatch.table()});
        return y;
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &y = saved[1], &weight = saved[2];
        const NormOfBatch ofBatch(saved[3]);
        const at::Tensor g = inRows(gradients[0].to(x.scalar_type()));
        const Shares shares(x);
        at::Tensor ofInput;
        const at::Tensor open = at::empty_like(x, at::MemoryFormat::ChannelsLast); // the residual's gradient
        NormOfBatch::Gradients own;
        forElementsOf(x, [&]<class T>(T) {
            own = ofBatch.gradients(shares.sums([&](RowRange rows, double* plain, double* products) {
                openGradient<T>(rowsOf<const T>(g), rowsOf<const T>(y), rowsOf<const T>(x), rowsOf<T>(open),
                                rows, ofBatch.mean(), plain, products);
            }),
                                    weight, shares.rows());
        });
        if (context->needs_input_grad(0)) {
            ofInput = at::empty_like(x, at::MemoryFormat::ChannelsLast);
            writeGradient(open, x, ofInput, ofBatch.line(false), own.terms());
        }
        return {ofInput, open, own.ofWeight, own.ofBias, at::Tensor()};
    }
};

} // namespace

bool isFusible(const torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x) {
    return norm.is_training() && at::GradMode::is_enabled() && x.device().is_cpu() && x.dim() == 4 &&
           x.scalar_type() == (castsToBf16(at::kCPU) ? at::kBFloat16 : at::kFloat) &&
           x.is_contiguous(at::MemoryFormat::ChannelsLast) && x.numel() > x.size(1) &&
           norm.options.momentum().has_value();
}

at::Tensor fusedNorm(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x, bool rectifies) {
    return NormFunction::apply(x, norm.weight, norm.bias, &norm, rectifies);
}

at::Tensor fusedNormAndSum(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x,
                           const at::Tensor& residual) {
    return NormAndSumFunction::apply(x, inRows(residual.to(x.scalar_type())), norm.weight, norm.bias, &norm);
}

} // namespace hilum
