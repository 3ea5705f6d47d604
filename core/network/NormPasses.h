// Batch normalisation by hand, on the kernels of NormKernels.h: what its forward and backward passes share.
// Internal: shows torch.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>

#include "core/network/NormKernels.h"

namespace hilum {

// From one pixel to the next, in values. x: N × C × H × W.
std::int64_t pixelStride(const at::Tensor& x);
// x as rows of pixels: values lie pixel by pixel, perhaps some channels of something wider.
template <class T>
PixelRows<T> rowsOf(const at::Tensor& x) {
    return {static_cast<T*>(x.data_ptr()), static_cast<std::size_t>(pixelStride(x))};
}
// Whether rowsOf(x) shows every value.
bool liesInRows(const at::Tensor& x);
// x itself where it does, else a copy that does.
at::Tensor inRows(const at::Tensor& x);

// work(T()) for the element type of a tensor: float or Bfloat16.
template <class Work>
void forElementsOf(const at::Tensor& x, const Work& work) {
    if (x.scalar_type() == at::kBFloat16)
        work(Bfloat16());
    else
        work(0.0F);
}

// The rows of a batch, one share a thread.
class Shares {
public:
    explicit Shares(const at::Tensor& x);

    [[nodiscard]] double rows() const { return static_cast<double>(m_rows); }

    void forEach(const std::function<void(RowRange rows, std::size_t share)>& work) const;
    // Two sums of every channel, 2 × C: those of all shares, in their order.
    using AddSums = std::function<void(RowRange rows, double* first, double* second)>;
    [[nodiscard]] std::vector<double> sums(const AddSums& add) const;

private:
    std::size_t m_channels, m_rows, m_count;
};

// Of the batch, per channel; the variance is that of the batch itself (n).
struct BatchMoments {
    std::vector<double> mean, variance;
};
BatchMoments momentsOf(const at::Tensor& x);

// What a norm does with one batch. 4 × C, float: mean, 1 / σ, scale, shift.
class NormOfBatch {
public:
    // Moves the norm's running statistics, too; rows: N · H · W.
    NormOfBatch(torch::nn::BatchNorm2dImpl& norm, const BatchMoments& moments, double rows);
    explicit NormOfBatch(at::Tensor table) : m_table(std::move(table)) {}

    [[nodiscard]] const at::Tensor& table() const { return m_table; }
    [[nodiscard]] const float* mean() const { return row(0); }
    [[nodiscard]] Line line(bool rectifies) const { return {row(2), row(3), rectifies ? 0.0F : kNoFloor}; }

    // ∂γ and ∂β from the sums of the kernels, and what makes ∂x.
    struct Gradients {
        at::Tensor ofWeight, ofBias;
        std::vector<float> a, b, c;
        [[nodiscard]] GradientTerms terms() const { return {a.data(), b.data(), c.data()}; }
    };
    [[nodiscard]] Gradients gradients(const std::vector<double>& sums, const at::Tensor& weight,
                                      double rows) const;
    // Of x's line: the gradient g counts where that is above its floor.
    [[nodiscard]] Gradients gradients(const at::Tensor& g, const at::Tensor& x, const Line& line,
                                      const at::Tensor& weight) const;

private:
    at::Tensor m_table;

    [[nodiscard]] float* row(std::int64_t index) const {
        return m_table.data_ptr<float>() + index * m_table.size(1);
    }
};

// The line of x, lying in rows of its own.
at::Tensor applied(const Line& line, const at::Tensor& x);
// ∂x into the result, or added to what it holds. All lie in rows.
void writeGradient(const at::Tensor& g, const at::Tensor& x, const at::Tensor& result, const Line& line,
                   const GradientTerms& terms, bool adds = false);

} // namespace hilum
