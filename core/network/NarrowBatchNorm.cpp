#include "core/network/NarrowBatchNorm.h"

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/network/Autocast.h"
#include "core/network/NarrowKernels.h"

namespace hilum {
namespace {

Bfloat16* valuesOf(const at::Tensor& values) {
    return values.defined() ? reinterpret_cast<Bfloat16*>(values.data_ptr<at::BFloat16>()) : nullptr;
}

// The rows of a batch, one share a thread.
class Shares {
public:
    explicit Shares(const at::Tensor& x)
        : m_channels(static_cast<std::size_t>(x.size(1))), m_rows(static_cast<std::size_t>(x.numel()) / m_channels),
          m_count(static_cast<std::size_t>(at::get_num_threads())) {}

    [[nodiscard]] double rows() const { return static_cast<double>(m_rows); }
    [[nodiscard]] std::size_t channels() const { return m_channels; }

    void forEach(const std::function<void(RowRange rows, std::size_t share)>& work) const {
        at::parallel_for(0, static_cast<std::int64_t>(m_count), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto share = static_cast<std::size_t>(begin); share < static_cast<std::size_t>(end); ++share)
                work({m_rows * share / m_count, m_rows * (share + 1) / m_count, m_channels}, share);
        });
    }
    // Two sums of every channel: those of all shares, in their order.
    using AddSums = std::function<void(RowRange rows, double* first, double* second)>;
    [[nodiscard]] std::vector<double> sums(const AddSums& add) const {
        std::vector<std::vector<double>> parts(m_count, std::vector<double>(2 * m_channels));
        forEach([&](RowRange rows, std::size_t share) {
            add(rows, parts[share].data(), parts[share].data() + m_channels);
        });
        for (std::size_t share = 1; share < m_count; ++share) {
            for (std::size_t i = 0; i < parts[0].size(); ++i)
                parts[0][i] += parts[share][i];
        }
        return std::move(parts[0]);
    }

private:
    std::size_t m_channels, m_rows, m_count;
};

struct Moments {
    std::vector<float> mean, inverseDeviation;
};

// Of the batch; moves the running ones, whose variance is that of the sample (n − 1), by the momentum.
Moments takeMoments(const at::Tensor& x, const Shares& shares, torch::nn::BatchNorm2dImpl& norm) {
    const std::size_t channels = shares.channels();
    std::vector<float> origin(channels); // near the mean, so that large means cost no digits
    std::copy_n(x.data_ptr<at::BFloat16>(), channels, origin.begin()); // the first pixel's
    const std::vector<double> sums = shares.sums([&](RowRange rows, double* plain, double* squares) {
        addMoments(valuesOf(x), rows, origin.data(), plain, squares);
    });
    const double momentum = norm.options.momentum().value_or(0), count = shares.rows();
    float* runningMean = norm.running_mean.data_ptr<float>();
    float* runningVariance = norm.running_var.data_ptr<float>();
    Moments moments{std::vector<float>(channels), std::vector<float>(channels)};
    for (std::size_t c = 0; c < channels; ++c) {
        const double offset = sums[c] / count;
        const double mean = static_cast<double>(origin[c]) + offset;
        double variance = sums[channels + c] / count - offset * offset;
        if (variance < 0) // by rounding; what is no number stays none
            variance = 0;
        if (!std::isfinite(variance)) // an overflow must not look like a channel of one value
            variance = std::numeric_limits<double>::quiet_NaN();
        moments.mean[c] = static_cast<float>(mean);
        moments.inverseDeviation[c] = static_cast<float>(1 / std::sqrt(variance + norm.options.eps()));
        const auto move = [momentum](float& running, double value) {
            running = static_cast<float>((1 - momentum) * static_cast<double>(running) + momentum * value);
        };
        move(runningMean[c], mean);
        move(runningVariance[c], variance * count / (count - 1));
    }
    norm.num_batches_tracked.add_(1);
    return moments;
}

class NarrowNorm : public torch::autograd::Function<NarrowNorm> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                              const at::Tensor& bias, torch::nn::BatchNorm2dImpl* norm, bool rectifies) {
        const Shares shares(x);
        const Moments moments = takeMoments(x, shares, *norm);
        std::vector<float> scale(shares.channels()), shift(shares.channels());
        for (std::size_t c = 0; c < scale.size(); ++c) {
            scale[c] = weight.data_ptr<float>()[c] * moments.inverseDeviation[c];
            shift[c] = bias.data_ptr<float>()[c] - moments.mean[c] * scale[c];
        }
        at::Tensor y = at::empty_like(x);
        shares.forEach([&](RowRange rows, std::size_t) {
            normaliseRows(valuesOf(x), valuesOf(y), rows, scale.data(), shift.data(), rectifies);
        });
        context->save_for_backward({x, rectifies ? y : at::Tensor(), weight, at::tensor(moments.mean),
                                    at::tensor(moments.inverseDeviation)});
        return y;
    }

    // With x̂ = (x − mean) / σ: ∂γ = Σ g x̂, ∂β = Σ g, ∂x = γ / σ · (g − ∂β / n − x̂ ∂γ / n).
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const at::Tensor &x = saved[0], &y = saved[1], &weight = saved[2];
        const float* mean = saved[3].data_ptr<float>();
        const float* inverse = saved[4].data_ptr<float>();
        const at::Tensor g = gradients[0].to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
        const Shares shares(x);
        const std::size_t channels = shares.channels();
        const std::vector<double> sums = shares.sums([&](RowRange rows, double* plain, double* products) {
            addGradientSums(valuesOf(g), valuesOf(x), valuesOf(y), rows, mean, plain, products);
        });
        at::Tensor ofWeight = at::empty_like(weight), ofBias = at::empty_like(weight), ofInput = at::empty_like(x);
        std::vector<float> a(channels), b(channels), c(channels);
        for (std::size_t i = 0; i < channels; ++i) {
            const double sigma = static_cast<double>(inverse[i]); // its inverse
            const double weightGradient = sums[channels + i] * sigma;
            const double factor = static_cast<double>(weight.data_ptr<float>()[i]) * sigma;
            const double slope = -factor * weightGradient / shares.rows() * sigma;
            ofWeight.data_ptr<float>()[i] = static_cast<float>(weightGradient);
            ofBias.data_ptr<float>()[i] = static_cast<float>(sums[i]);
            a[i] = static_cast<float>(factor);
            b[i] = static_cast<float>(slope);
            c[i] = static_cast<float>(-factor * sums[i] / shares.rows() - slope * static_cast<double>(mean[i]));
        }
        shares.forEach([&](RowRange rows, std::size_t) {
            gradientRows(valuesOf(g), valuesOf(x), valuesOf(y), valuesOf(ofInput), rows, a.data(), b.data(), c.data());
        });
        return {ofInput, ofWeight, ofBias, at::Tensor(), at::Tensor()};
    }
};

} // namespace

bool isFasterNarrow(const torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x) {
    return norm.is_training() && at::GradMode::is_enabled() && x.device().is_cpu() && castsToBf16(at::kCPU) &&
           x.scalar_type() == at::kBFloat16 && x.numel() > x.size(1) && norm.options.momentum().has_value();
}

at::Tensor narrowBatchNorm(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& x, bool rectifies) {
    return NarrowNorm::apply(x.contiguous(at::MemoryFormat::ChannelsLast), norm.weight, norm.bias, &norm, rectifies);
}

} // namespace hilum
