// Plain pixels in memory, row-major, channels interleaved; the common currency between layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hilum {

// Invariant: values.size() == widthPx * heightPx * channels.
template <class T>
struct Raster {
    int widthPx = 0;
    int heightPx = 0;
    int channels = 1;
    std::vector<T> values;

    Raster() = default;
    Raster(int width, int height, int channelCount = 1, T fill = T{})
        : widthPx(width), heightPx(height), channels(channelCount),
          values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                     static_cast<std::size_t>(channelCount),
                 fill) {}

    [[nodiscard]] std::size_t index(int x, int y, int channel = 0) const {
        return (static_cast<std::size_t>(y) * static_cast<std::size_t>(widthPx) +
                static_cast<std::size_t>(x)) *
                   static_cast<std::size_t>(channels) +
               static_cast<std::size_t>(channel);
    }
    [[nodiscard]] T at(int x, int y, int channel = 0) const { return values[index(x, y, channel)]; }
    [[nodiscard]] T& at(int x, int y, int channel = 0) { return values[index(x, y, channel)]; }
    [[nodiscard]] bool empty() const { return values.empty(); }
};

using GreyImage = Raster<std::uint8_t>; // 0 black … 255 white
using RgbImage = Raster<std::uint8_t>;  // channels == 3, red first
using MaskImage = Raster<std::uint8_t>; // 0 outside, 255 inside
using FloatImage = Raster<float>;

} // namespace hilum
