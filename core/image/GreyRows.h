// Collects the rows that a decoder hands out as one grey plane: colour becomes ITU-R BT.601 luma (which
// leaves grey in colour containers as it is), transparency is laid over black.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/domain/Radiograph.h"

namespace hilum {

enum class SampleColour {
    Grey, // sample 0 is grey
    Rgb,  // samples 0 … 2 are red, green, blue
    Ycc,  // samples 0 … 2 are luma, blue and red difference (full range); the luma is taken as it is
};

enum class AlphaKind { None, Straight, Premultiplied };

struct RowLayout {
    SampleColour colour = SampleColour::Grey;
    AlphaKind alpha = AlphaKind::None; // the sample after the colour
    int samplesPerPixel = 1;           // at least as many as colour and alpha need; the rest are skipped
};

class GreyRows {
public:
    // bits: 1 … 16 per sample. Reserves memory for the whole plane, so that append() does not throw.
    GreyRows(int widthPx, int heightPx, int bits);

    // The next row: widthPx × samplesPerPixel samples, none above 2^bits − 1. T: std::uint8_t, std::uint16_t.
    template <class T>
    void append(const T* row, const RowLayout& layout) noexcept;

    [[nodiscard]] int widthPx() const { return m_widthPx; }
    [[nodiscard]] int heightPx() const { return m_heightPx; }
    [[nodiscard]] int bits() const { return m_bits; }
    // Some pixel was not grey; some pixel was not opaque.
    [[nodiscard]] bool sawColour() const { return m_sawColour; }
    [[nodiscard]] bool sawTransparency() const { return m_sawTransparency; }

    // What is to be said about the film for the two above.
    [[nodiscard]] std::vector<std::string> warnings() const;

    // The plane, all rows appended.
    std::vector<std::uint16_t> take() { return std::move(m_pixels); }

private:
    template <class T>
    void appendGrey(const T* row, const RowLayout& layout) noexcept;
    template <class T>
    void appendRgb(const T* row, const RowLayout& layout) noexcept;
    template <class T>
    void appendYcc(const T* row, const RowLayout& layout) noexcept;
    template <class T>
    void layOverBlack(const T* row, const RowLayout& layout) noexcept;

    int m_widthPx;
    int m_heightPx;
    int m_bits;
    bool m_sawColour = false;
    bool m_sawTransparency = false;
    std::vector<std::uint16_t> m_pixels;
};

} // namespace hilum
