#include "core/image/DicomPalette.h"

#include <algorithm>
#include <array>

#include "core/image/DicomPixelFormat.h"

namespace hilum {

namespace {

struct Palette {
    int bits = 8;
    long first = 0; // the index of the first entry; indices below take it as well
    std::array<std::vector<std::uint16_t>, 3> channels; // red, green, blue; equally long
};

Result<std::vector<std::uint16_t>> paletteChannel(const DicomAttributes& attributes, DicomTag tag,
                                                  std::size_t entries, int bits) {
    const std::vector<std::uint8_t> bytes = attributes.bytes(tag);
    std::vector<std::uint16_t> channel(entries);
    const std::size_t width = bytes.size() >= 2 * entries ? 2 : 1; // 8-bit entries may be packed
    if (bytes.size() < entries || (width == 1 && bits > 8))
        return damagedImage("the palette is too short or missing", tag);
    const auto mask = static_cast<std::uint16_t>((1U << static_cast<unsigned>(bits)) - 1);
    for (std::size_t i = 0; i < entries; ++i)
        channel[i] = mask & (width == 2 ? readU16(bytes, 2 * i, ByteOrder::Little) : bytes[i]);
    return channel;
}

Result<Palette> readPalette(const DicomAttributes& attributes) {
    constexpr DicomTag kDescriptor{0x0028, 0x1101};
    Palette palette;
    const long declared = attributes.integer(kDescriptor, 0).value_or(-1);
    palette.first = attributes.integer(kDescriptor, 1).value_or(0);
    palette.bits = static_cast<int>(attributes.integer(kDescriptor, 2).value_or(0));
    const long entries = declared == 0 ? 65536 : declared & 0xFFFF;
    if (declared < 0 || (palette.bits != 8 && palette.bits != 16))
        return damagedImage("the palette's descriptor is wrong or missing", kDescriptor);
    for (std::uint16_t i = 0; i < 3; ++i) {
        const DicomTag tag{0x0028, static_cast<std::uint16_t>(0x1201 + i)};
        auto channel = paletteChannel(attributes, tag, static_cast<std::size_t>(entries), palette.bits);
        if (!channel)
            return tl::unexpected(channel.error());
        palette.channels[i] = std::move(*channel);
    }
    return palette;
}

// Indices -> red, green, blue.
std::vector<std::uint16_t> lookUp(const std::vector<std::uint16_t>& indices, const Palette& palette,
                                  std::vector<std::string>& warnings) {
    std::vector<std::uint16_t> samples;
    samples.reserve(indices.size() * 3);
    const long last = static_cast<long>(palette.channels[0].size()) - 1;
    bool beyond = false;
    for (const std::uint16_t index : indices) {
        const long entry = index - palette.first;
        beyond |= entry > last;
        const auto clamped = static_cast<std::size_t>(std::clamp(entry, 0L, last));
        for (const auto& channel : palette.channels)
            samples.push_back(channel[clamped]);
    }
    if (beyond)
        warnings.emplace_back("Some pixels lie beyond the palette; its last colour is shown there.");
    return samples;
}

} // namespace

Result<PaletteColours> throughPalette(const std::vector<std::uint16_t>& indices,
                                      const DicomAttributes& attributes, std::vector<std::string>& warnings) {
    const auto palette = readPalette(attributes);
    if (!palette)
        return tl::unexpected(palette.error());
    return PaletteColours{lookUp(indices, *palette, warnings), palette->bits};
}

} // namespace hilum
