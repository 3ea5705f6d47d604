#include "core/network/NormPasses.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace hilum {
namespace {

template <class T>
BatchMoments momentsOfElements(const at::Tensor& x) {
    const auto channels = static_cast<std::size_t>(x.size(1));
    std::vector<float> origin(channels); // near the mean, so that large means cost no digits: the first pixel
    const at::Tensor first = x.select(0, 0).select(1, 0).select(1, 0).to(at::kFloat).contiguous();
    std::copy_n(first.data_ptr<float>(), channels, origin.begin());
    const Shares shares(x);
    const std::vector<double> sums = shares.sums([&](RowRange range, double* plain, double* squares) {
        addMoments<T>(rowsOf<const T>(x), range, origin.data(), plain, squares);
    });
    BatchMoments moments{std::vector<double>(channels), std::vector<double>(channels)};
    for (std::size_t c = 0; c < channels; ++c) {
        const double offset = sums[c] / shares.rows();
        double variance = sums[channels + c] / shares.rows() - offset * offset;
        if (variance < 0) // by rounding; what is no number stays none
            variance = 0;
        if (!std::isfinite(variance)) // an overflow must not look like a channel of one value
            variance = std::numeric_limits<double>::quiet_NaN();
        moments.mean[c] = static_cast<double>(origin[c]) + offset;
        moments.variance[c] = variance;
    }
    return moments;
}

} // namespace

// A side of one has no say.
std::int64_t pixelStride(const at::Tensor& x) {
    for (const std::int64_t side : {3, 2, 0}) {
        if (x.size(side) > 1)
            return x.stride(side);
    }
    return x.size(1);
}

bool liesInRows(const at::Tensor& x) {
    std::int64_t expected = pixelStride(x);
    for (const std::int64_t side : {3, 2, 0}) {
        if (x.size(side) > 1 && x.stride(side) != expected)
            return false;
        expected *= x.size(side);
    }
    return x.size(1) == 1 || x.stride(1) == 1;
}

at::Tensor inRows(const at::Tensor& x) {
    return liesInRows(x) ? x : x.contiguous(at::MemoryFormat::ChannelsLast);
}

Shares::Shares(const at::Tensor& x)
    : m_channels(static_cast<std::size_t>(x.size(1))),
      m_rows(static_cast<std::size_t>(x.numel()) / m_channels),
      m_count(static_cast<std::size_t>(at::get_num_threads())) {}

void Shares::forEach(const std::function<void(RowRange rows, std::size_t share)>& work) const {
    at::parallel_for(0, static_cast<std::int64_t>(m_count), 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto share = static_cast<std::size_t>(begin); share < static_cast<std::size_t>(end); ++share)
            work({m_rows * share / m_count, m_rows * (share + 1) / m_count, m_channels}, share);
    });
}

std::vector<double> Shares::sums(const AddSums& add) const {
    std::vector<std::vector<double>> parts(m_count, std::vector<double>(2 * m_channels));
    forEach([&](RowRange rows, std::size_t share) {
        add(rows, parts[share].data(), parts[share].data() + m_channels);
    });
    for (std::size_t share = 1; share < m_count; ++share)
        std::ranges::transform(parts[0], parts[share], parts[0].begin(), std::plus());
    return std::move(parts[0]);
}

BatchMoments momentsOf(const at::Tensor& x) {
    BatchMoments moments;
    forElementsOf(x, [&]<class T>(T) { moments = momentsOfElements<T>(x); });
    return moments;
}

NormOfBatch::NormOfBatch(torch::nn::BatchNorm2dImpl& norm, const BatchMoments& moments, double rows)
    : m_table(at::empty({4, norm.weight.size(0)}, at::kFloat)) {
    const double momentum = norm.options.momentum().value_or(0);
    const auto move = [momentum](float& running, double value) {
        running = static_cast<float>((1 - momentum) * static_cast<double>(running) + momentum * value);
    };
    const float* weight = norm.weight.data_ptr<float>();
    const float* bias = norm.bias.data_ptr<float>();
    float* runningMean = norm.running_mean.data_ptr<float>();
    float* runningVariance = norm.running_var.data_ptr<float>();
    float *means = row(0), *inverses = row(1), *scales = row(2), *shifts = row(3);
    for (std::size_t c = 0; c < moments.mean.size(); ++c) {
        const double mean = moments.mean[c], variance = moments.variance[c];
        means[c] = static_cast<float>(mean);
        inverses[c] = static_cast<float>(1 / std::sqrt(variance + norm.options.eps()));
        scales[c] = weight[c] * inverses[c];
        shifts[c] = bias[c] - means[c] * scales[c];
        move(runningMean[c], mean);
        move(runningVariance[c], variance * rows / (rows - 1)); // the sample's
    }
    norm.num_batches_tracked.add_(1);
}

// With x̂ = (x − mean) / σ: ∂γ = Σ g x̂, ∂β = Σ g, ∂x = γ / σ · (g − ∂β / n − x̂ ∂γ / n).
NormOfBatch::Gradients NormOfBatch::gradients(const std::vector<double>& sums, const at::Tensor& weight,
                                              double rows) const {
    const auto channels = static_cast<std::size_t>(weight.size(0));
    Gradients result{at::empty_like(weight), at::empty_like(weight), std::vector<float>(channels),
                     std::vector<float>(channels), std::vector<float>(channels)};
    const float *means = row(0), *inverses = row(1);
    const float* weights = weight.data_ptr<float>();
    float* ofWeight = result.ofWeight.data_ptr<float>();
    float* ofBias = result.ofBias.data_ptr<float>();
    for (std::size_t i = 0; i < channels; ++i) {
        const auto inverse = static_cast<double>(inverses[i]);
        const double weightGradient = sums[channels + i] * inverse;
        const double factor = static_cast<double>(weights[i]) * inverse;
        const double slope = -factor * weightGradient / rows * inverse;
        ofWeight[i] = static_cast<float>(weightGradient);
        ofBias[i] = static_cast<float>(sums[i]);
        result.a[i] = static_cast<float>(factor);
        result.b[i] = static_cast<float>(slope);
        result.c[i] = static_cast<float>(-factor * sums[i] / rows - slope * static_cast<double>(means[i]));
    }
    return result;
}

NormOfBatch::Gradients NormOfBatch::gradients(const at::Tensor& g, const at::Tensor& x, const Line& line,
                                              const at::Tensor& weight) const {
    const Shares shares(x);
    std::vector<double> sums;
    forElementsOf(x, [&]<class T>(T) {
        sums = shares.sums([&](RowRange rows, double* plain, double* products) {
            addGradientSums<T>(rowsOf<const T>(g), rowsOf<const T>(x), rows, line, mean(), plain, products);
        });
    });
    return gradients(sums, weight, shares.rows());
}

at::Tensor applied(const Line& line, const at::Tensor& x) {
    const at::Tensor y = at::empty(x.sizes(), x.options(), at::MemoryFormat::ChannelsLast);
    forElementsOf(x, [&]<class T>(T) {
        Shares(x).forEach(
            [&](RowRange rows, std::size_t) { applyLine<T>(rowsOf<const T>(x), rowsOf<T>(y), rows, line); });
    });
    return y;
}

void writeGradient(const at::Tensor& g, const at::Tensor& x, const at::Tensor& result, const Line& line,
                   const GradientTerms& terms, bool adds) {
    forElementsOf(x, [&]<class T>(T) {
        Shares(x).forEach([&](RowRange rows, std::size_t) {
            writeGradient<T>(rowsOf<const T>(g), rowsOf<const T>(x), rowsOf<T>(result), rows, line, terms,
                             adds);
        });
    });
}

} // namespace hilum
