#include "core/image/GreyRows.h"

#include <cassert>
#include <cstdlib>

namespace hilum {

GreyRows::GreyRows(int widthPx, int heightPx, int bits)
    : m_widthPx(widthPx), m_heightPx(heightPx), m_bits(bits) {
    assert(bits >= 1 && bits <= 16);
    m_pixels.reserve(static_cast<std::size_t>(widthPx) * static_cast<std::size_t>(heightPx));
}

template <class T>
void GreyRows::append(const T* row, const RowLayout& layout) noexcept {
    assert(m_pixels.size() + static_cast<std::size_t>(m_widthPx) <= m_pixels.capacity());
    switch (layout.colour) {
    case SampleColour::Grey:
        appendGrey(row, layout);
        break;
    case SampleColour::Rgb:
        appendRgb(row, layout);
        break;
    case SampleColour::Ycc:
        appendYcc(row, layout);
        break;
    }
    if (layout.alpha != AlphaKind::None)
        layOverBlack(row, layout);
}

template <class T>
void GreyRows::appendGrey(const T* row, const RowLayout& layout) noexcept {
    if (layout.samplesPerPixel == 1) {
        m_pixels.insert(m_pixels.end(), row, row + m_widthPx);
        return;
    }
    for (int x = 0; x < m_widthPx; ++x, row += layout.samplesPerPixel)
        m_pixels.push_back(*row);
}

template <class T>
void GreyRows::appendRgb(const T* row, const RowLayout& layout) noexcept {
    bool colour = false;
    for (int x = 0; x < m_widthPx; ++x, row += layout.samplesPerPixel) {
        const std::uint32_t red = row[0];
        const std::uint32_t green = row[1];
        const std::uint32_t blue = row[2];
        colour |= red != green || green != blue;
        m_pixels.push_back(static_cast<std::uint16_t>((299 * red + 587 * green + 114 * blue + 500) / 1000));
    }
    m_sawColour |= colour;
}

template <class T>
void GreyRows::appendYcc(const T* row, const RowLayout& layout) noexcept {
    const int neutral = 1 << (m_bits - 1);
    const int tolerance = neutral / 64; // rounding in lossy encoders: 2 of 255
    bool colour = false;
    for (int x = 0; x < m_widthPx; ++x, row += layout.samplesPerPixel) {
        colour |= std::abs(row[1] - neutral) > tolerance || std::abs(row[2] - neutral) > tolerance;
        m_pixels.push_back(row[0]);
    }
    m_sawColour |= colour;
}

template <class T>
void GreyRows::layOverBlack(const T* row, const RowLayout& layout) noexcept {
    const auto opaque = (std::uint32_t{1} << static_cast<unsigned>(m_bits)) - 1;
    std::uint16_t* pixel = m_pixels.data() + (m_pixels.size() - static_cast<std::size_t>(m_widthPx));
    const T* alpha = row + (layout.colour == SampleColour::Grey ? 1 : 3);
    bool transparent = false;
    for (int x = 0; x < m_widthPx; ++x, ++pixel, alpha += layout.samplesPerPixel) {
        transparent |= *alpha != opaque;
        if (layout.alpha == AlphaKind::Straight)
            *pixel = static_cast<std::uint16_t>((*pixel * std::uint64_t{*alpha} + opaque / 2) / opaque);
    }
    m_sawTransparency |= transparent;
}

std::vector<std::string> GreyRows::warnings() const {
    std::vector<std::string> said;
    if (m_sawColour)
        said.emplace_back("The picture is in colour; its luma (ITU-R BT.601) is shown.");
    if (m_sawTransparency)
        said.emplace_back("The picture has transparent parts; they are laid over black.");
    return said;
}

template void GreyRows::append(const std::uint8_t*, const RowLayout&) noexcept;
template void GreyRows::append(const std::uint16_t*, const RowLayout&) noexcept;

} // namespace hilum
