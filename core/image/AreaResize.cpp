#include "core/image/AreaResize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/domain/ProcessorClones.h"

namespace hilum {
namespace {

// The source pixels that target pixels cover along one axis, and the share of each; the shares of a target
// pixel add up to one.
struct Cover {
    std::size_t first = 0, firstShare = 0, count = 0;
};
struct Covers {
    std::vector<Cover> pixels;
    std::vector<float> shares;
};

Covers coversOf(int sourceSize, int targetSize) {
    const double scale = static_cast<double>(sourceSize) / targetSize;
    Covers covers;
    covers.pixels.reserve(static_cast<std::size_t>(targetSize));
    covers.shares.reserve(static_cast<std::size_t>(sourceSize) + static_cast<std::size_t>(targetSize));
    for (int i = 0; i < targetSize; ++i) {
        const double begin = i * scale, end = begin + scale;
        const int first = static_cast<int>(begin),
                  last = std::min(sourceSize, static_cast<int>(std::ceil(end)));
        covers.pixels.push_back({static_cast<std::size_t>(first), covers.shares.size(),
                                 static_cast<std::size_t>(std::max(last - first, 0))});
        for (int pixel = first; pixel < last; ++pixel) {
            const double covered = std::min<double>(end, pixel + 1) - std::max<double>(begin, pixel);
            covers.shares.push_back(static_cast<float>(covered / scale));
        }
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
    const Covers rows = coversOf(source.heightPx, target.heightPx);
    const Covers columns = coversOf(source.widthPx, target.widthPx);
    std::vector<float> sums(static_cast<std::size_t>(source.widthPx));
    std::uint8_t* out = target.values.data();
    for (const Cover& row : rows.pixels) {
        std::ranges::fill(sums, 0.0F);
        for (std::size_t i = 0; i < row.count; ++i)
            addRow(source.first + (row.first + i) * source.rowStride, rows.shares[row.firstShare + i],
                   sums.data(), sums.size());
        for (const Cover& column : columns.pixels) {
            const float* covered = sums.data() + column.first;
            const float* shares = columns.shares.data() + column.firstShare;
            float sum = 0.5F; // rounds
            for (std::size_t i = 0; i < column.count; ++i)
                sum += shares[i] * covered[i];
            *out++ = static_cast<std::uint8_t>(std::min(sum, 255.0F));
        }
    }
}

} // namespace hilum
