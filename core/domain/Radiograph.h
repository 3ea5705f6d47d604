// One decoded film. Larger pixel values are denser tissue (brighter on the screen) for every film, whatever
// the file's photometric interpretation: MONOCHROME1 is inverted by the reader, once, and by nobody else.
#pragma once

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

// VOI LUT functions of DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3.
enum class VoiFunction { Linear, LinearExact, Sigmoid };

// A window in modality values (after rescale), as the file states it and as viewers show it.
struct Window {
    double center = 0;
    double width = 1; // > 0; at least 1 for VoiFunction::Linear
    VoiFunction function = VoiFunction::Linear;
    std::string explanation; // Window Center & Width Explanation (0028,1055), or what Hilum derived it from

    friend bool operator==(const Window&, const Window&) = default;
};

enum class Polarity { AsStored, Inverted };

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
    std::string format;              // "DICOM", "PNG", "JPEG", "TIFF"
    std::string encoding;            // e.g. "JPEG Baseline", "RLE Lossless", "uncompressed", "8-bit RGB"
    std::string photometric;         // e.g. "MONOCHROME1", "grey", "RGB", "palette"
    std::vector<std::string> warnings; // what a reader of the film should know, in words
};

// Value type; copies share the pixels.
// Invariants: pixels->size() == widthPx * heightPx; every pixel <= storedMax - storedMin; rescaleSlope != 0.
struct Radiograph {
    int widthPx = 0;
    int heightPx = 0;
    SharedPixels pixels; // row-major, larger is denser
    int bitsStored = 8;                                       // significant bits, 1 … 16
    int storedMin = 0;   // range of the stored values: 0 … 2^bits − 1, or −2^(bits−1) … 2^(bits−1) − 1
    int storedMax = 255;
    Polarity polarity = Polarity::AsStored; // Inverted: MONOCHROME1, pixel = storedMax − stored
    double rescaleSlope = 1;                // modality value = slope × stored + intercept (PS3.3 C.11.1)
    double rescaleIntercept = 0;
    std::string rescaleType;                // Rescale Type (0028,1054), e.g. "US", "OD"; may be empty
    std::vector<Window> windows;            // the file's own, in its order; may be empty
    std::optional<PixelSpacing> spacing;    // absent: distances are known in pixels only
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
        return rescaleSlope * storedValue(pixelValue) + rescaleIntercept;
    }
};

} // namespace hilum
