#include "core/network/GrowingFeatures.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/network/NormPasses.h"

namespace hilum {

struct GrowingFeatures::State {
    at::Tensor buffer; // N × all channels × H × W
    std::int64_t filled = 0;
    BatchMoments moments; // of the first channels

    [[nodiscard]] at::Tensor soFar() const { return buffer.narrow(1, 0, filled); }

    const BatchMoments& momentsSoFar() {
        const auto known = static_cast<std::int64_t>(moments.mean.size());
        if (known < filled) {
            const BatchMoments more = momentsOf(buffer.narrow(1, known, filled - known));
            moments.mean.insert(moments.mean.end(), more.mean.begin(), more.mean.end());
            moments.variance.insert(moments.variance.end(), more.variance.begin(), more.variance.end());
        }
        return moments;
    }
};

namespace {

using State = GrowingFeatures::State;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class Append : public torch::autograd::Function<Append> {
public:
    // before: the buffer as it was; none at the start.
    static at::Tensor forward(AutogradContext* context, const c10::optional<at::Tensor>& /*before*/,
                              const at::Tensor& part, State* state) {
        context->saved_data["before"] = state->filled;
        state->buffer.narrow(1, state->filled, part.size(1)).copy_(part);
        state->filled += part.size(1);
        return state->soFar();
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const std::int64_t before = context->saved_data["before"].toInt();
        const at::Tensor& all = gradients[0];
        const at::Tensor ofPart = all.narrow(1, before, all.size(1) - before)
                                      .clone(at::MemoryFormat::ChannelsLast); // `all` is written to
        return {before > 0 ? all.narrow(1, 0, before) : at::Tensor(), ofPart, at::Tensor()};
    }
};

// Gives the normalised values, and the buffer once more: what is used behind it sends its gradient through
// here.
class NormaliseGrowing : public torch::autograd::Function<NormaliseGrowing> {
public:
    static variable_list forward(AutogradContext* context, const at::Tensor& /*x*/, const at::Tensor& weight,
                                 const at::Tensor& /*bias*/, torch::nn::BatchNorm2dImpl* norm, State* state,
                                 bool rectifies) {
        const at::Tensor x = state->soFar();
        const NormOfBatch ofBatch(*norm, state->momentsSoFar(), Shares(x).rows());
        context->set_materialize_grads(false);
        context->save_for_backward({weight, ofBatch.table()});
        // Not as a saved variable: other channels of the buffer are still written to.
        context->saved_data["x"] = x;
        context->saved_data["rectifies"] = rectifies;
        return {applied(ofBatch.line(rectifies), x), state->soFar()};
    }

    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor& weight = saved[0];
        const NormOfBatch ofBatch(saved[1]);
        const at::Tensor x = context->saved_data["x"].toTensor();
        const Line line = ofBatch.line(context->saved_data["rectifies"].toBool());
        const at::Tensor& ofLater = gradients[1];
        if (!gradients[0].defined())
            return {ofLater, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
        const at::Tensor g = inRows(gradients[0].to(x.scalar_type()));
        const NormOfBatch::Gradients own = ofBatch.gradients(g, x, line, weight);
        at::Tensor ofInput;
        if (context->needs_input_grad(0)) {
            ofInput = ofLater.defined()
                          ? inRows(ofLater) // this block's own: Append has copied what others need of it
                          : at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
            writeGradient(g, x, ofInput, line, own.terms(), ofLater.defined());
        }
        return {ofInput, own.ofWeight, own.ofBias, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

} // namespace

GrowingFeatures::GrowingFeatures(const at::Tensor& first, std::int64_t channels)
    : m_state(std::make_shared<State>()) {
    m_state->buffer = at::empty({first.size(0), channels, first.size(2), first.size(3)},
                                first.options().requires_grad(false), at::MemoryFormat::ChannelsLast);
    append(first);
}

void GrowingFeatures::append(const at::Tensor& part) {
    const c10::optional<at::Tensor> before = m_value.defined() ? c10::make_optional(m_value) : c10::nullopt;
    m_value = Append::apply(before, part, m_state.get());
}

at::Tensor GrowingFeatures::normalised(torch::nn::BatchNorm2dImpl& norm, bool rectifies) {
    const variable_list both =
        NormaliseGrowing::apply(m_value, norm.weight, norm.bias, &norm, m_state.get(), rectifies);
    m_value = both[1];
    return both[0];
}

} // namespace hilum
