// Values of the top level of a DICOM data set or of a sequence's item, decoded by DCMTK: numbers checked,
// texts in UTF-8 and free of control characters. Only the attributes that a film needs are handed to DCMTK.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/DicomStructure.h"

class DcmDataset;

namespace hilum {

class DicomAttributes {
public:
    // Errors: Damaged.
    static Result<DicomAttributes> read(Bytes file, const DicomStructure& structure, DicomEncoding encoding);

    DicomAttributes(DicomAttributes&&) noexcept;
    DicomAttributes& operator=(DicomAttributes&&) noexcept;
    ~DicomAttributes();

    // Empty where the attribute is absent, empty or not a number (VRs US, SS, IS).
    [[nodiscard]] std::optional<long> integer(DicomTag tag, unsigned long index = 0) const;
    // One entry per value (VR DS); NaN where a value is not a number.
    [[nodiscard]] std::vector<double> decimals(DicomTag tag) const;
    // Empty where the attribute is absent.
    [[nodiscard]] std::string text(DicomTag tag, unsigned long index = 0) const;
    // One entry per value.
    [[nodiscard]] std::vector<std::string> texts(DicomTag tag) const;
    // Raw value bytes of OB, OW and US attributes, in little endian.
    [[nodiscard]] std::vector<std::uint8_t> bytes(DicomTag tag) const;

private:
    explicit DicomAttributes(std::unique_ptr<DcmDataset> dataset);

    std::unique_ptr<DcmDataset> m_dataset;
};

// Without control characters and bidirectional overrides; bytes that are not UTF-8 become U+FFFD.
std::string cleanText(std::string_view text);

} // namespace hilum
