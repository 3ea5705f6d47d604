#include "core/image/DicomReader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <new>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include "core/image/DicomAttributes.h"
#include "core/image/DicomFrame.h"
#include "core/image/DicomStructure.h"
#include "core/image/FilmLimits.h"
#include "core/image/GreyRows.h"

namespace hilum {

namespace {

using Warnings = std::vector<std::string>;

// DCMTK would print what Hilum returns as errors.
void silenceDcmtk() {
    static std::once_flag once;
    std::call_once(once, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
}

tl::unexpected<Error> noImage(const DicomStructure& structure, const DicomMeta& meta,
                              const DicomAttributes& attributes) {
    constexpr DicomTag kRows{0x0028, 0x0010};
    constexpr DicomTag kFloatPixels{0x7FE0, 0x0008};
    constexpr DicomTag kDoublePixels{0x7FE0, 0x0009};
    if (structure.find(kFloatPixels) != nullptr || structure.find(kDoublePixels) != nullptr)
        return fail(ErrorCode::UnsupportedFormat,
                    "DICOM images of floating-point numbers are not supported.");
    if (structure.find(kRows) != nullptr)
        return fail(ErrorCode::Damaged,
                    "The DICOM image is damaged: its pixel data are missing (7FE0,0010).");
    std::string sopClass = attributes.text({0x0008, 0x0016});
    if (sopClass.empty())
        sopClass = meta.sopClass;
    return fail(ErrorCode::UnsupportedFormat,
                "The DICOM file holds no image (" +
                    std::string(dcmFindNameOfUID(sopClass.c_str(), "unknown kind")) + ").");
}

// ---- pixels ----------------------------------------------------------------------------------------------

// Calls take(i, sample i) for all samples.
template <class Take>
void forEachSample(const DicomFrame& frame, std::size_t count, Take take) {
    const std::uint8_t* bytes = frame.samples().data();
    if (frame.bytesPerSample == 1)
        for (std::size_t i = 0; i < count; ++i)
            take(i, static_cast<std::uint32_t>(bytes[i]));
    else if (frame.order == ByteOrder::Little)
        for (std::size_t i = 0; i < count; ++i)
            take(i, static_cast<std::uint32_t>(bytes[2 * i] | bytes[2 * i + 1] << 8));
    else
        for (std::size_t i = 0; i < count; ++i)
            take(i, static_cast<std::uint32_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]));
}

std::uint32_t maskOf(const DicomPixelFormat& format) {
    return (1U << static_cast<unsigned>(format.bitsStored)) - 1;
}

// Radiograph's pixels: stored − storedMin, or storedMax − stored. Flipping the sign bit of a two's complement
// number of n bits adds 2^(n−1) to it.
std::vector<std::uint16_t> greyPixels(const DicomFrame& frame, const DicomPixelFormat& format,
                                      Polarity polarity) {
    const std::uint32_t mask = maskOf(format);
    const std::uint32_t signBit = format.isSigned ? (mask >> 1U) + 1 : 0;
    const std::uint32_t flip = signBit ^ (polarity == Polarity::Inverted ? mask : 0);
    const auto lowBit = static_cast<unsigned>(format.lowBit);
    std::vector<std::uint16_t> pixels(static_cast<std::size_t>(format.pixelCount()));
    std::uint16_t* const target = pixels.data();
    forEachSample(frame, pixels.size(), [=](std::size_t i, std::uint32_t raw) {
        target[i] = static_cast<std::uint16_t>(((raw >> lowBit) & mask) ^ flip);
    });
    return pixels;
}

// All samples, interleaved, masked to the stored bits.
std::vector<std::uint16_t> interleavedSamples(const DicomFrame& frame, const DicomPixelFormat& format) {
    const std::uint32_t mask = maskOf(format);
    const auto lowBit = static_cast<unsigned>(format.lowBit);
    const auto pixels = static_cast<std::size_t>(format.pixelCount());
    const auto perPixel = static_cast<std::size_t>(format.samplesPerPixel);
    std::vector<std::uint16_t> samples(pixels * perPixel);
    const auto put = [&](std::size_t index, std::uint32_t raw) {
        samples[index] = static_cast<std::uint16_t>((raw >> lowBit) & mask);
    };
    if (frame.pairedChroma) {
        forEachSample(frame, pixels * 2, [&](std::size_t i, std::uint32_t raw) {
            const std::size_t first = i / 4 * 6; // of two pixels with three samples each
            if (i % 4 < 2) {
                put(first + i % 4 * 3, raw);
            } else {
                put(first + i % 4 - 1, raw);
                put(first + i % 4 + 2, raw);
            }
        });
    } else {
        forEachSample(frame, samples.size(), [&](std::size_t i, std::uint32_t raw) {
            put(frame.planar ? i % pixels * perPixel + i / pixels : i, raw);
        });
    }
    return samples;
}

GreyRows greyFromColour(const std::vector<std::uint16_t>& samples, SampleColour colour, int columns, int rows,
                        int bits) {
    GreyRows grey(columns, rows, bits);
    const RowLayout layout{colour, AlphaKind::None, 3};
    for (std::size_t y = 0; y < static_cast<std::size_t>(rows); ++y)
        grey.append(samples.data() + y * static_cast<std::size_t>(columns) * 3, layout);
    return grey;
}

// ---- palette (PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6) ---------------------------------------------------------

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
        return fail(ErrorCode::Damaged,
                    "The DICOM image is damaged: the palette is too short or missing " + toString(tag) + ".");
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
        return fail(ErrorCode::Damaged,
                    "The DICOM image is damaged: the palette's descriptor is wrong or missing " +
                        toString(kDescriptor) + ".");
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
std::vector<std::uint16_t> throughPalette(const std::vector<std::uint16_t>& indices, const Palette& palette,
                                          Warnings& warnings) {
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

// ---- attributes ------------------------------------------------------------------------------------------

void readRescale(const DicomAttributes& attributes, Radiograph& film) {
    const std::vector<double> slope = attributes.decimals({0x0028, 0x1053});
    const std::vector<double> intercept = attributes.decimals({0x0028, 0x1052});
    if (slope.empty() && intercept.empty())
        return;
    const double m = slope.empty() ? 1 : slope.front();
    const double b = intercept.empty() ? 0 : intercept.front();
    if (!std::isfinite(m) || m == 0 || !std::isfinite(b)) {
        film.source.warnings.emplace_back(
            "Rescale Slope or Intercept is not usable (0028,1053); stored values are shown.");
        return;
    }
    film.rescaleSlope = m;
    film.rescaleIntercept = b;
    film.rescaleType = attributes.text({0x0028, 0x1054});
}

VoiFunction readVoiFunction(const DicomAttributes& attributes, Warnings& warnings) {
    const std::string name = attributes.text({0x0028, 0x1056});
    if (name == "SIGMOID")
        return VoiFunction::Sigmoid;
    if (name == "LINEAR_EXACT")
        return VoiFunction::LinearExact;
    if (!name.empty() && name != "LINEAR")
        warnings.emplace_back("The VOI LUT Function is unknown (0028,1056); the linear one is used.");
    return VoiFunction::Linear;
}

bool isUsable(const Window& window) {
    const double least = window.function == VoiFunction::Linear ? 1 : 0;
    return std::isfinite(window.center) && std::isfinite(window.width) && window.width > 0 &&
           window.width >= least;
}

void readWindows(const DicomAttributes& attributes, Radiograph& film) {
    const std::vector<double> centers = attributes.decimals({0x0028, 0x1050});
    const std::vector<double> widths = attributes.decimals({0x0028, 0x1051});
    Warnings& warnings = film.source.warnings;
    if (centers.size() != widths.size())
        warnings.emplace_back(
            "Window Center and Window Width differ in number (0028,1050); only pairs are used.");
    const VoiFunction function = readVoiFunction(attributes, warnings);
    for (std::size_t i = 0; i < std::min(centers.size(), widths.size()); ++i) {
        Window window{centers[i], widths[i], function, attributes.text({0x0028, 0x1055}, i)};
        if (isUsable(window))
            film.windows.push_back(std::move(window));
        else
            warnings.push_back("Window " + std::to_string(i + 1) +
                               " of the file is not usable (0028,1051); it is left out.");
    }
}

void warnAboutTables(const DicomStructure& structure, Warnings& warnings) {
    if (structure.find({0x0028, 0x3000}) != nullptr)
        warnings.emplace_back("The file's modality lookup table (0028,3000) is not applied.");
    if (structure.find({0x0028, 0x3010}) != nullptr)
        warnings.emplace_back("The file's VOI lookup table (0028,3010) is not applied.");
}

// Both distances, or nothing and a warning.
std::optional<PixelSpacing> spacingFrom(const std::vector<double>& values, std::string source,
                                        Warnings& warnings) {
    const auto isDistance = [](double mm) { return std::isfinite(mm) && mm > 0; };
    if (values.size() == 2 && std::all_of(values.begin(), values.end(), isDistance))
        return PixelSpacing{values[0], values[1], std::move(source)};
    warnings.push_back(source + " is not usable; distances are known in pixels only.");
    return std::nullopt;
}

std::optional<PixelSpacing> readSpacing(const DicomAttributes& attributes, Warnings& warnings) {
    if (const auto values = attributes.decimals({0x0028, 0x0030}); !values.empty())
        return spacingFrom(values, "PixelSpacing", warnings);
    auto values = attributes.decimals({0x0018, 0x1164});
    if (values.empty())
        return std::nullopt;
    const std::vector<double> factors = attributes.decimals({0x0018, 0x1114});
    if (factors.empty())
        return spacingFrom(values, "ImagerPixelSpacing", warnings);
    if (!std::isfinite(factors.front()) || factors.front() <= 0) {
        warnings.emplace_back(
            "EstimatedRadiographicMagnificationFactor is not usable; distances are those at the detector.");
        return spacingFrom(values, "ImagerPixelSpacing", warnings);
    }
    for (double& value : values)
        value /= factors.front();
    char source[48];
    std::snprintf(source, sizeof source, "ImagerPixelSpacing ÷ %.2f", factors.front());
    return spacingFrom(values, source, warnings);
}

FilmHeader readHeader(const DicomAttributes& attributes) {
    FilmHeader header;
    header.patientName = attributes.text({0x0010, 0x0010});
    header.patientId = attributes.text({0x0010, 0x0020});
    header.patientSex = attributes.text({0x0010, 0x0040});
    header.patientAge = attributes.text({0x0010, 0x1010});
    header.studyDate = attributes.text({0x0008, 0x0020});
    header.studyTime = attributes.text({0x0008, 0x0030});
    header.modality = attributes.text({0x0008, 0x0060});
    header.bodyPart = attributes.text({0x0018, 0x0015});
    header.viewPosition = attributes.text({0x0018, 0x5101});
    header.studyDescription = attributes.text({0x0008, 0x1030});
    header.seriesDescription = attributes.text({0x0008, 0x103E});
    return header;
}

// ---- film ------------------------------------------------------------------------------------------------

// Display brightness rises with the modality value for MONOCHROME2 and falls with it for MONOCHROME1 (PS3.3
// C.7.6.3.1.2); a negative slope turns either round with respect to the stored values.
Polarity polarityOf(const DicomPixelFormat& format, double slope) {
    return (format.photometric == "MONOCHROME1") != (slope < 0) ? Polarity::Inverted : Polarity::AsStored;
}

void fillMonochrome(Radiograph& film, const DicomFrame& frame, const DicomPixelFormat& format,
                    const DicomAttributes& attributes) {
    readRescale(attributes, film);
    readWindows(attributes, film);
    film.bitsStored = format.bitsStored;
    const int range = 1 << format.bitsStored;
    film.storedMin = format.isSigned ? -range / 2 : 0;
    film.storedMax = film.storedMin + range - 1;
    film.polarity = polarityOf(format, film.rescaleSlope);
    film.pixels =
        std::make_shared<const std::vector<std::uint16_t>>(greyPixels(frame, format, film.polarity));
}

Result<void> fillColour(Radiograph& film, const DicomFrame& frame, const DicomPixelFormat& format,
                        const DicomAttributes& attributes) {
    std::vector<std::uint16_t> samples = interleavedSamples(frame, format);
    SampleColour colour = frame.colour;
    film.bitsStored = format.bitsStored;
    if (format.samplesPerPixel == 1) {
        const auto palette = readPalette(attributes);
        if (!palette)
            return tl::unexpected(palette.error());
        samples = throughPalette(samples, *palette, film.source.warnings);
        colour = SampleColour::Rgb;
        film.bitsStored = palette->bits;
    }
    film.storedMax = (1 << film.bitsStored) - 1;
    GreyRows rows = greyFromColour(samples, colour, format.columns, format.rows, film.bitsStored);
    for (std::string& warning : rows.warnings())
        film.source.warnings.push_back(std::move(warning));
    film.pixels = std::make_shared<const std::vector<std::uint16_t>>(rows.take());
    return {};
}

Result<void> fillPixels(Radiograph& film, const DicomFrame& frame, const DicomPixelFormat& format,
                        const DicomAttributes& attributes) {
    if (format.isMonochrome()) {
        fillMonochrome(film, frame, format, attributes);
        return {};
    }
    const std::uint64_t samples = 3 * format.pixelCount();
    if (auto size = checkDecodeBytes(frame.samples().size() + 2 * samples + 2 * format.pixelCount()); !size)
        return size;
    return fillColour(film, frame, format, attributes);
}

// What the structure of the file says, before pixels are looked at.
struct DicomParts {
    DicomMeta meta;
    DicomSyntax syntax;
    DicomStructure structure;
    DicomAttributes attributes;
};

Result<DicomParts> takeApart(Bytes file) {
    auto meta = readDicomMeta(file);
    if (!meta)
        return tl::unexpected(meta.error());
    auto syntax = dicomSyntax(*meta);
    if (!syntax)
        return tl::unexpected(syntax.error());
    auto structure = scanDicomDataset(file, meta->datasetOffset, syntax->encoding);
    if (!structure)
        return tl::unexpected(structure.error());
    auto attributes = DicomAttributes::read(file, *structure, syntax->encoding);
    if (!attributes)
        return tl::unexpected(attributes.error());
    return DicomParts{std::move(*meta), std::move(*syntax), std::move(*structure), std::move(*attributes)};
}

// Everything but the pixels.
Radiograph describeFilm(const DicomParts& parts, const DicomPixelFormat& format, const DicomFrame& frame) {
    Radiograph film;
    film.widthPx = format.columns;
    film.heightPx = format.rows;
    film.source.format = "DICOM";
    film.source.encoding = parts.syntax.name;
    film.source.photometric = format.photometric;
    film.source.warnings = frame.warnings;
    if (format.frames > 1)
        film.source.warnings.push_back("The file holds " + std::to_string(format.frames) +
                                       " frames; the first is shown.");
    warnAboutTables(parts.structure, film.source.warnings);
    film.header = readHeader(parts.attributes);
    film.spacing = readSpacing(parts.attributes, film.source.warnings);
    return film;
}

Result<Radiograph> decodeDicom(Bytes file, const std::stop_token& stop) {
    silenceDcmtk();
    const auto parts = takeApart(file);
    if (!parts)
        return tl::unexpected(parts.error());
    if (!parts->structure.hasPixelData)
        return noImage(parts->structure, parts->meta, parts->attributes);
    const auto format = readPixelFormat(parts->attributes);
    if (!format)
        return tl::unexpected(format.error());
    const auto frame = decodeFirstFrame(file, parts->structure, parts->syntax, *format, stop);
    if (!frame)
        return tl::unexpected(frame.error());
    Radiograph film = describeFilm(*parts, *format, *frame);
    if (const auto filled = fillPixels(film, *frame, *format, parts->attributes); !filled)
        return tl::unexpected(filled.error());
    return film;
}

} // namespace

Result<Radiograph> readDicom(Bytes file, const std::stop_token& stop) {
    try {
        return decodeDicom(file, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the film.");
    }
}

} // namespace hilum
