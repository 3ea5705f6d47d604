// Synthetic chest radiographs with a known answer: Beer–Lambert attenuation through an analytic thorax.
// Demo films, the tests' ground truth, and a data set that anyone can fine-tune on with nothing downloaded.
// Pure functions of the spec: same spec, same pixels. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
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

// A planted shortcut: something outside the lungs that gives the finding away.
enum class ClassMarker {
    None,
    // A sign in lead in an upper corner: upright bars for no finding, level bars for ground glass, a ring for
    // interstitial.
    Sign,
};

// Two specs that differ in the finding alone give the same chest, noise, marker and window: every pixel
// outside the finding (and the sign, where there is one) is the same. A sign changes no pixel but its own,
// which lie outside lungMask. Two specs that differ in size give the same chest at another resolution.
struct PhantomSpec {
    std::uint64_t seed = 1; // patient, anatomy, exposure, noise, marker and lesions all follow from it
    PhantomFinding finding = PhantomFinding::None;
    int widthPx = 512; // kMinPhantomPx … kMaxPhantomPx, both
    int heightPx = 512;
    ClassMarker classMarker = ClassMarker::None;
};

inline constexpr int kMinPhantomPx = 64;
inline constexpr int kMaxPhantomPx = 4096;

struct Phantom {
    PhantomSpec spec;
    Radiograph film;    // 12 bit, MONOCHROME2, with spacing, window and an invented patient
    MaskImage lungMask; // both lungs as projected, without the parts behind heart and diaphragm
    // Where the finding's local strength exceeds 30 % of its maximum, inside lungMask; all 0 for
    // PhantomFinding::None. For ground glass the strength is the added attenuation without its fine grain,
    // for the interstitial pattern the amplitude of the net, not its single lines.
    MaskImage lesionMask;
    std::string patientBirthDate; // DICOM DA
};

// One core; some 60 ms at 512 × 512, 150 ms at 1024 × 1024. std::bad_alloc is the only way to fail.
Phantom renderPhantom(const PhantomSpec& spec);

// A valid DX Image Storage – For Presentation object (DICOM PS3.3 A.26), explicit VR little endian.
// UIDs follow from the spec (2.25 …), so that the same phantom is the same object everywhere.
// Errors: NotWritable.
Result<void> writePhantomDicom(const Phantom& phantom, const std::filesystem::path& file);

} // namespace hilum
