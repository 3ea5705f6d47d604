#include "core/image/DicomReader.h"

#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/oflog/oflog.h>

#include "core/image/DicomFrame.h"
#include "core/image/DicomGreyscale.h"
#include "core/image/DicomOverlays.h"
#include "core/image/DicomPalette.h"
#include "core/image/DicomParts.h"
#include "core/image/DicomPixelFormat.h"
#include "core/image/DicomSpacing.h"
#include "core/image/FilmLimits.h"
#include "core/image/FrameChoice.h"
#include "core/image/GreyRows.h"

namespace hilum {

namespace {

// DCMTK would print what Hilum returns as errors.
void silenceDcmtk() {
    static std::once_flag once;
    std::call_once(once, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
}

tl::unexpected<Error> noImage(const DicomParts& parts) {
    const DicomStructure& structure = parts.dataset.structure;
    constexpr DicomTag kRows{0x0028, 0x0010};
    constexpr DicomTag kFloatPixels{0x7FE0, 0x0008};
    constexpr DicomTag kDoublePixels{0x7FE0, 0x0009};
    if (structure.find(kFloatPixels) != nullptr || structure.find(kDoublePixels) != nullptr)
        return fail(ErrorCode::UnsupportedFormat,
                    "DICOM images of floating-point numbers are not supported.");
    if (structure.find(kRows) != nullptr)
        return damagedImage("its pixel data are missing", kPixelDataTag);
    std::string sopClass = parts.dataset.attributes.text({0x0008, 0x0016});
    if (sopClass.empty())
        sopClass = parts.meta.sopClass;
    return fail(ErrorCode::UnsupportedFormat,
                "The DICOM file holds no image (" +
                    std::string(dcmFindNameOfUID(sopClass.c_str(), "unknown kind")) + ").");
}

// ---- pixels ----------------------------------------------------------------------------------------------

// Radiograph's pixels: stored − storedMin, or storedMax − stored. Flipping the sign bit of a two's complement
// number of n bits adds 2^(n−1) to it.
std::vector<std::uint16_t> greyPixels(const DicomFrame& frame, const DicomPixelFormat& format,
                                      Polarity polarity) {
    const std::uint32_t mask = (1U << static_cast<unsigned>(format.bitsStored)) - 1;
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

GreyRows greyFromColour(const std::vector<std::uint16_t>& samples, SampleColour colour, int columns, int rows,
                        int bits) {
    GreyRows grey(columns, rows, bits);
    const RowLayout layout{colour, AlphaKind::None, 3};
    for (std::size_t y = 0; y < static_cast<std::size_t>(rows); ++y)
        grey.append(samples.data() + y * static_cast<std::size_t>(columns) * 3, layout);
    return grey;
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

Result<void> fillMonochrome(Radiograph& film, const DicomParts& parts, const DicomPixelFormat& format,
                            const DicomFrame& frame, std::size_t index) {
    film.bitsStored = format.bitsStored;
    const int range = 1 << format.bitsStored;
    film.storedMin = format.isSigned ? -range / 2 : 0;
    film.storedMax = film.storedMin + range - 1;
    if (auto done = readGreyscale(parts, format, index, film); !done)
        return done;
    film.pixels =
        std::make_shared<const std::vector<std::uint16_t>>(greyPixels(frame, format, film.polarity));
    return {};
}

Result<void> fillColour(Radiograph& film, const DicomParts& parts, const DicomPixelFormat& format,
                        const DicomFrame& frame) {
    const std::uint64_t samples = 3 * format.pixelCount();
    if (auto size = checkDecodeBytes(frame.samples().size() + 2 * samples + 2 * format.pixelCount()); !size)
        return size;
    PaletteColours colours{interleavedSamples(frame, format), format.bitsStored};
    SampleColour colour = frame.colour;
    if (format.samplesPerPixel == 1) {
        auto found = throughPalette(colours.samples, parts.dataset.attributes, film.source.warnings);
        if (!found)
            return tl::unexpected(found.error());
        colours = std::move(*found);
        colour = SampleColour::Rgb;
    }
    film.bitsStored = colours.bits;
    film.storedMax = (1 << film.bitsStored) - 1;
    GreyRows rows = greyFromColour(colours.samples, colour, format.columns, format.rows, film.bitsStored);
    for (std::string& warning : rows.warnings())
        film.source.warnings.push_back(std::move(warning));
    film.pixels = std::make_shared<const std::vector<std::uint16_t>>(rows.take());
    return {};
}

// Everything but pixels and what belongs to them.
Result<Radiograph> describeFilm(const DicomParts& parts, const DicomPixelFormat& format,
                                const DicomFrame& frame, std::size_t index) {
    Radiograph film;
    film.widthPx = format.columns;
    film.heightPx = format.rows;
    film.source.format = "DICOM";
    film.source.encoding = parts.syntax.name;
    film.source.photometric = format.photometric;
    film.source.warnings = frame.warnings;
    tellFrame(film.source, static_cast<int>(index), static_cast<int>(format.frames), "frames");
    film.header = readHeader(parts.dataset.attributes);
    auto spacing = readSpacing(parts, index, film.source.warnings);
    if (!spacing)
        return tl::unexpected(spacing.error());
    film.spacing = std::move(*spacing);
    film.overlays = readOverlays(parts, format, frame, index, film.source.warnings);
    return film;
}

Result<Radiograph> decodeDicom(Bytes file, const ReadOptions& options, const std::stop_token& stop) {
    silenceDcmtk();
    const auto parts = takeDicomApart(file);
    if (!parts)
        return tl::unexpected(parts.error());
    if (!parts->dataset.structure.hasPixelData)
        return noImage(*parts);
    const auto format = readPixelFormat(parts->dataset.attributes);
    if (!format)
        return tl::unexpected(format.error());
    const auto index = chosenFrame(options, format->frames, "frames");
    if (!index)
        return tl::unexpected(index.error());
    const auto frame = decodeFrame(*parts, *format, *index, stop);
    if (!frame)
        return tl::unexpected(frame.error());
    auto film = describeFilm(*parts, *format, *frame, *index);
    if (!film)
        return film;
    const auto filled = format->isMonochrome() ? fillMonochrome(*film, *parts, *format, *frame, *index)
                                               : fillColour(*film, *parts, *format, *frame);
    if (!filled)
        return tl::unexpected(filled.error());
    return film;
}

} // namespace

Result<Radiograph> readDicom(Bytes file, const ReadOptions& options, const std::stop_token& stop) {
    try {
        return decodeDicom(file, options, stop);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the film.");
    }
}

} // namespace hilum
