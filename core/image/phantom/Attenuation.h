// Linear attenuation coefficients at 65 keV, the mean energy of a 120 kV chest beam behind its filter, in
// 1/cm. Interpolated from NIST's tables (Hubbell & Seltzer, NISTIR 5632) with the densities of ICRU
// report 44.
#pragma once

namespace hilum::phantom {

inline constexpr float kSoftTissue = 0.205F;
inline constexpr float kFat = 0.182F;
inline constexpr float kBlood = 0.209F;
inline constexpr float kInflatedLung = 0.050F; // density 0.25 g/cm³
inline constexpr float kCorticalBone = 0.560F;
inline constexpr float kSpongyBone = 0.270F;
inline constexpr float kLeadMarker = 5.0F; // line integral of a marker's letter, not a coefficient

} // namespace hilum::phantom
