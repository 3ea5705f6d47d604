#include "core/image/AreaResize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/domain/ProcessorClones.h"

namespace hilum {
namespace {

// The source pixels that a target pixel covers along one axis, and the share of each; shares add up to one.
struct Cover {
    int first = 0;
    std::vector<float> shares;
};

std::vector<Cover> coversOf(int sourceSize, int targetSize) {
    const double scale = static_cast<double>(sourceSize) / targetSize;
    std::vector<Cover> covers;
    for (int i = 0; i < targetSize; ++i) {
        const double begin = i * scale, end = begin + scale;
        Cover cover{static_cast<int>(begin), {}};
        const int last = std::min(sourceSize, static_cast<int>(std::ceil(end)));
        for (int pixel = cover.first; pixel < last; ++pixel) {
            const double covered = std::min<double>(end, pixel + 1) - std::max<double>(begin, pixel);
            cover.shares.push_back(static_cast<float>(covered / scale));
        }
        covers.push_back(std::move(cover));
    }
    return covers;
}

HILUM_CLONES void addRow(const std::uint8_t* source, float share, float* sums, std::size_t count) {
#pragma omp simd
    for (std::size_t i = 0; i < count; ++i)
        sums[i] += share * static_cast<float>(source[i]);
}

} // namespace

// Rows first: those passes run over whole vectors, and leave few rows for the columns' uneven steps.
void resizeByArea(const GreyView& source, GreyImage& target) {
    const std::vector<Cover> rows = coversOf(source.heightPx, target.heightPx);
    const std::vector<Cover> columns = coversOf(source.widthPx, target.widthPx);
    std::vector<float> sums(static_cast<std::size_t>(source.widthPx));
    std::uint8_t* out = target.values.data();
    for (const Cover& row : rows) {
        std::ranges::fill(sums, 0.0F);
        for (std::size_t i = 0; i < row.shares.size(); ++i) {
            const std::size_t y = static_cast<std::size_t>(row.first) + i;
            addRow(source.first + y * source.rowStride, row.shares[i], sums.data(), sums.size());
        }
        for (const Cover& column : columns) {
            const float* covered = sums.data() + column.first;
            float sum = 0.5F; // rounds
            for (std::size_t i = 0; i < column.shares.size(); ++i)
                sum += column.shares[i] * covered[i];
            *out++ = static_cast<std::uint8_t>(std::min(sum, 255.0F));
        }
    }
}

} // namespace hilum
