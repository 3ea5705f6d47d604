#include "core/image/DicomGreyscale.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace hilum {

namespace {

using Warnings = std::vector<std::string>;

constexpr std::size_t kMaxTables = 16;
constexpr DicomTag kWindowCenter{0x0028, 0x1050};
constexpr DicomTag kRescaleSlope{0x0028, 0x1053};

// ---- tables ----------------------------------------------------------------------------------------------

// What signed attributes look like to a reader of unsigned ones.
int signedWord(long value) { return static_cast<int>(value > 0x7FFF ? value - 0x10000 : value); }

// Of an item of the Modality or VOI LUT Sequence; null where it cannot be used.
std::shared_ptr<const LookupTable> readTable(const DicomAttributes& item, bool signedInputs) {
    constexpr DicomTag kDescriptor{0x0028, 0x3002};
    const long declared = item.integer(kDescriptor, 0).value_or(-1);
    const long first = item.integer(kDescriptor, 1).value_or(0);
    const long bits = item.integer(kDescriptor, 2).value_or(0);
    const std::size_t count = declared == 0 ? 65536 : static_cast<std::size_t>(declared & 0xFFFF);
    const std::vector<std::uint8_t> bytes = item.bytes({0x0028, 0x3006});
    const std::size_t width = bytes.size() >= 2 * count ? 2 : 1; // 8-bit entries may be packed
    if (declared == -1 || count == 0 || bits < 8 || bits > 16 || bytes.size() < count ||
        (width == 1 && bits > 8))
        return nullptr;
    auto table = std::make_shared<LookupTable>();
    table->first = signedInputs ? signedWord(first) : static_cast<int>(first);
    table->bits = static_cast<int>(bits);
    table->entries.resize(count);
    const auto largest = static_cast<std::uint16_t>((1U << static_cast<unsigned>(bits)) - 1);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint16_t entry = width == 2 ? readU16(bytes, 2 * i, ByteOrder::Little) : bytes[i];
        table->entries[i] = std::min(entry, largest);
    }
    return table;
}

Result<void> readModalityTable(const DicomParts& parts, const DicomPixelFormat& format, Radiograph& film) {
    const auto items = readItems(parts.file, parts.dataset, {0x0028, 0x3000}, 0, 1);
    if (!items)
        return tl::unexpected(items.error());
    if (items->empty())
        return {};
    film.modalityTable = readTable(items->front().attributes, format.isSigned);
    if (film.modalityTable)
        film.rescaleType = items->front().attributes.text({0x0028, 0x3004});
    else
        film.source.warnings.emplace_back(
            "The modality lookup table is not usable (0028,3000); it is not applied.");
    return {};
}

// PS3.3 C.11.2.1.1: the inputs of VOI LUTs are modality values, which may be negative where the stored ones
// or the rescaled ones are.
Result<void> readVoiTables(const DicomParts& parts, const DicomPixelFormat& format, Radiograph& film) {
    const auto items = readItems(parts.file, parts.dataset, {0x0028, 0x3010}, 0, kMaxTables);
    if (!items)
        return tl::unexpected(items.error());
    const bool negative = format.isSigned || film.modalityValue(0) < 0 ||
                          film.modalityValue(static_cast<std::uint16_t>(film.storedMax - film.storedMin)) < 0;
    for (const DicomItem& item : *items) {
        Window window;
        window.table = readTable(item.attributes, negative && !film.modalityTable);
        if (!window.table) {
            film.source.warnings.emplace_back(
                "A VOI lookup table of the file is not usable (0028,3010); it is left out.");
            continue;
        }
        const auto count = static_cast<double>(window.table->entries.size());
        window.function = VoiFunction::Table;
        window.center = window.table->first + (count - 1) / 2;
        window.width = count;
        window.explanation = item.attributes.text({0x0028, 0x3003});
        film.windows.push_back(std::move(window));
    }
    return {};
}

// ---- rescale and windows ---------------------------------------------------------------------------------

void readRescale(const DicomAttributes& attributes, Radiograph& film) {
    const std::vector<double> slope = attributes.decimals(kRescaleSlope);
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
    const std::vector<double> centers = attributes.decimals(kWindowCenter);
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

// Reads from the data set where it has the attribute, else from the frame's functional group, if there is
// one.
Result<void> readFrom(const DicomParts& parts, std::size_t frame, DicomTag tag, DicomTag macro,
                      void (*read)(const DicomAttributes&, Radiograph&), Radiograph& film) {
    if (parts.dataset.structure.find(tag) == nullptr) {
        const auto item = readFrameMacro(parts.file, parts.dataset, macro, frame);
        if (!item)
            return tl::unexpected(item.error());
        if (*item) {
            read((*item)->attributes, film);
            return {};
        }
    }
    read(parts.dataset.attributes, film);
    return {};
}

// ---- padding, polarity -----------------------------------------------------------------------------------

void readPadding(const DicomAttributes& attributes, const DicomPixelFormat& format, Radiograph& film) {
    const auto value = attributes.integer({0x0028, 0x0120});
    if (!value)
        return;
    const auto stored = [&format](long word) {
        return format.isSigned ? signedWord(word) : static_cast<int>(word);
    };
    const int first = stored(*value);
    const int second = stored(attributes.integer({0x0028, 0x0121}).value_or(*value));
    film.padding = PixelPadding{std::min(first, second), std::max(first, second)};
}

// Display brightness rises with the modality value for MONOCHROME2 and falls with it for MONOCHROME1 (PS3.3
// C.7.6.3.1.2); a falling modality LUT turns either round with respect to the stored values. The shape
// INVERSE says the same as MONOCHROME1 (C.8.11.3.1.2), not the opposite of it.
Polarity polarityOf(const DicomPixelFormat& format, const std::string& shape, Radiograph& film) {
    const bool monochrome1 = format.photometric == "MONOCHROME1";
    const bool inverse = shape == "INVERSE";
    if (inverse && !monochrome1)
        film.source.warnings.emplace_back(
            "The presentation LUT shape is INVERSE (2050,0020); the film is inverted.");
    if (shape == "IDENTITY" && monochrome1)
        film.source.warnings.emplace_back(
            "The film is MONOCHROME1 with the presentation LUT shape IDENTITY (2050,0020), which contradict "
            "each other; it is inverted.");
    return (monochrome1 || inverse) == film.modalityRises() ? Polarity::Inverted : Polarity::AsStored;
}

} // namespace

Result<void> readGreyscale(const DicomParts& parts, const DicomPixelFormat& format, std::size_t frame,
                           Radiograph& film) {
    constexpr DicomTag kPixelValueTransformation{0x0028, 0x9145};
    constexpr DicomTag kFrameVoiLut{0x0028, 0x9132};
    if (auto done = readModalityTable(parts, format, film); !done)
        return done;
    if (!film.modalityTable)
        if (auto done = readFrom(parts, frame, kRescaleSlope, kPixelValueTransformation, readRescale, film);
            !done)
            return done;
    if (auto done = readVoiTables(parts, format, film); !done)
        return done;
    if (auto done = readFrom(parts, frame, kWindowCenter, kFrameVoiLut, readWindows, film); !done)
        return done;
    readPadding(parts.dataset.attributes, format, film);
    film.polarity = polarityOf(format, parts.dataset.attributes.text({0x2050, 0x0020}), film);
    return {};
}

} // namespace hilum
