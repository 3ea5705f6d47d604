// One decoded film. Larger pixel values are denser tissue (brighter on the screen) for every film, whatever
// the file's photometric interpretation: MONOCHROME1 is inverted by the reader, once, and by nobody else.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/SharedPixels.h"

namespace hilum {

// Distance between pixel centres, in mm (DICOM PS3.3 10.7.1.3: rows first).
struct PixelSpacing {
    double rowMm = 0;    // between rows, that is vertical
    double columnMm = 0; // between columns, that is horizontal
    std::string source;  // where it came from, e.g. "PixelSpacing" or "ImagerPixelSpacing"
};

// A lookup table that the file holds (PS3.3 C.11.1.1 and C.11.2.1.1). Inputs before the first entry take it
// too, those behind the last one take the last.
struct LookupTable {
    int first = 0;                      // the input of the first entry
    int bits = 16;                      // of an entry, 8 … 16
    std::vector<std::uint16_t> entries; // never empty

    [[nodiscard]] std::uint16_t at(double input) const {
        const double last = static_cast<double>(entries.size()) - 1;
        return entries[static_cast<std::size_t>(std::clamp(std::round(input - first), 0.0, last))];
    }
    [[nodiscard]] bool rises() const { return entries.back() >= entries.front(); }

    friend bool operator==(const LookupTable&, const LookupTable&) = default;
};

// VOI LUT functions of DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3; Table is a VOI LUT of the file (C.11.2.1.1).
enum class VoiFunction { Linear, LinearExact, Sigmoid, Table };

// A window in modality values (after rescale), as the file states it and as viewers show it.
struct Window {
    double center = 0;
    double width = 1; // > 0; at least 1 for VoiFunction::Linear
    VoiFunction function = VoiFunction::Linear;
    std::string explanation; // Window Center & Width Explanation (0028,1055), or what Hilum derived it from
    // VoiFunction::Table only. Its entries are spread over the window; as read, the window is the table's own
    // range of inputs.
    std::shared_ptr<const LookupTable> table{};

    friend bool operator==(const Window& a, const Window& b) {
        const bool sameTable = a.table == b.table || (a.table && b.table && *a.table == *b.table);
        return a.center == b.center && a.width == b.width && a.function == b.function &&
               a.explanation == b.explanation && sameTable;
    }
};

enum class Polarity { AsStored, Inverted };

// Stored values that stand for "no film here" (PS3.3 C.7.5.1.1.2): shown black, and no part of any automatic
// window.
struct PixelPadding {
    int storedLow = 0;
    int storedHigh = 0; // >= storedLow

    [[nodiscard]] bool holds(int stored) const { return stored >= storedLow && stored <= storedHigh; }
};

// A drawing or marked region, one bit per pixel, to be laid over the film (PS3.3 C.9.2).
struct FilmOverlay {
    std::string label; // Overlay Label or Overlay Description; may be empty
    int leftPx = 0;    // its first pixel on the film; the overlay may reach beyond the film
    int topPx = 0;
    int widthPx = 0;
    int heightPx = 0;
    // Row-major, rows not padded, least significant bit first: widthPx × heightPx bits.
    std::shared_ptr<const std::vector<std::uint8_t>> bits;

    // x and y: of the film.
    [[nodiscard]] bool covers(int x, int y) const {
        const int column = x - leftPx;
        const int row = y - topPx;
        if (column < 0 || row < 0 || column >= widthPx || row >= heightPx)
            return false;
        const std::size_t bit = static_cast<std::size_t>(row) * static_cast<std::size_t>(widthPx) +
                                static_cast<std::size_t>(column);
        return ((*bits)[bit / 8] >> (bit % 8) & 1U) != 0;
    }
};

// What the file says about the film; a field that it does not state is empty. Never written to a log.
struct FilmHeader {
    std::string patientName; // DICOM PN, components joined with '^'
    std::string patientId;
    std::string patientSex;   // M, F, O
    std::string patientAge;   // DICOM AS, e.g. 054Y
    std::string studyDate;    // DICOM DA, YYYYMMDD
    std::string studyTime;    // DICOM TM
    std::string modality;     // CR, DX, …
    std::string bodyPart;     // Body Part Examined (0018,0015)
    std::string viewPosition; // View Position (0018,5101), e.g. PA
    std::string studyDescription;
    std::string seriesDescription;
};

// How the film was stored.
struct FilmSource {
    std::filesystem::path file;
    std::string format;                // "DICOM", "PNG", "JPEG", "TIFF", "BMP", "WebP"
    std::string encoding;              // e.g. "JPEG Baseline", "RLE Lossless", "uncompressed", "8-bit RGB"
    std::string photometric;           // e.g. "MONOCHROME1", "grey", "RGB", "palette"
    int frame = 1;                     // which of the file's frames or pages this is, from 1
    int frameCount = 1;                // how many the file has
    std::vector<std::string> warnings; // what a reader of the film should know, in words
};

// Value type; copies share the pixels.
// Invariants: pixels->size() == widthPx * heightPx; every pixel <= storedMax - storedMin; rescaleSlope != 0.
struct Radiograph {
    int widthPx = 0;
    int heightPx = 0;
    SharedPixels pixels; // row-major, larger is denser
    int bitsStored = 8;  // significant bits, 1 … 16
    int storedMin = 0; // range of the stored values: 0 … 2^bits − 1, or −2^(bits−1) … 2^(bits−1) − 1
    int storedMax = 255;
    Polarity polarity = Polarity::AsStored; // Inverted: MONOCHROME1, pixel = storedMax − stored
    double rescaleSlope = 1;                // modality value = slope × stored + intercept (PS3.3 C.11.1)
    double rescaleIntercept = 0;
    // Instead of slope and intercept (which are 1 and 0 then), where the file has a modality LUT.
    std::shared_ptr<const LookupTable> modalityTable;
    std::string rescaleType;     // Rescale or Modality LUT Type, e.g. "US", "OD"; may be empty
    std::vector<Window> windows; // the file's own, in its order; may be empty
    std::optional<PixelPadding> padding;
    std::vector<FilmOverlay> overlays;   // in the order of their groups
    std::optional<PixelSpacing> spacing; // absent: distances are known in pixels only
    FilmHeader header;
    FilmSource source;

    [[nodiscard]] std::uint16_t pixel(int x, int y) const {
        return (*pixels)[static_cast<std::size_t>(y) * static_cast<std::size_t>(widthPx) +
                         static_cast<std::size_t>(x)];
    }
    // The value in the file, before any lookup.
    [[nodiscard]] int storedValue(std::uint16_t pixelValue) const {
        return polarity == Polarity::Inverted ? storedMax - pixelValue : storedMin + pixelValue;
    }
    // The value that windows speak of, in the unit of rescaleType.
    [[nodiscard]] double modalityValue(std::uint16_t pixelValue) const {
        const int stored = storedValue(pixelValue);
        return modalityTable ? modalityTable->at(stored) : rescaleSlope * stored + rescaleIntercept;
    }
    // Whether the modality value rises with the stored one.
    [[nodiscard]] bool modalityRises() const {
        return modalityTable ? modalityTable->rises() : rescaleSlope > 0;
    }
    [[nodiscard]] bool isPadding(std::uint16_t pixelValue) const {
        return padding && padding->holds(storedValue(pixelValue));
    }
};

} // namespace hilum
