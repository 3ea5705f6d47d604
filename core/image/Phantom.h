// Synthetic chest radiographs with a known answer: Beer–Lambert attenuation through an analytic thorax.
// Demo films, the tests' ground truth, and a data set that anyone can fine-tune on with nothing downloaded.
// Pure functions of the spec: same spec, same pixels. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/domain/Radiograph.h"
#include "core/domain/Raster.h"
#include "core/domain/Result.h"

namespace hilum {

enum class PhantomFinding {
    None,         // no finding
    GroundGlass,  // patchy peripheral ground-glass opacities
    Interstitial, // diffuse interstitial (reticular) pattern
};

// Class folder names and labels: "No finding", "Ground-glass opacity", "Interstitial pattern".
std::string_view toString(PhantomFinding finding);

struct PhantomSpec {
    std::uint64_t seed = 1; // anatomy, noise, marker and lesions all follow from it
    PhantomFinding finding = PhantomFinding::None;
    int widthPx = 512;  // 64 … 4096
    int heightPx = 512;
};

struct Phantom {
    PhantomSpec spec;
    Radiograph film;      // 12 bit, MONOCHROME2, with spacing, window and an invented patient
    MaskImage lungMask;   // both lungs as projected, without the parts behind heart and diaphragm
    MaskImage lesionMask; // where the finding adds attenuation; all 0 for PhantomFinding::None
};

Phantom renderPhantom(const PhantomSpec& spec);

// A valid DX Image Storage – For Presentation object (DICOM PS3.3 A.26), explicit VR little endian.
// Errors: NotWritable.
Result<void> writePhantomDicom(const Phantom& phantom, const std::filesystem::path& file);

} // namespace hilum
