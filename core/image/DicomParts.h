// A DICOM file taken apart: its structure and its values, before pixels are looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/DicomAttributes.h"
#include "core/image/DicomStructure.h"
#include "core/image/DicomSyntax.h"

namespace hilum {

// A data set, or an item of a sequence.
struct DicomItem {
    DicomStructure structure;
    DicomEncoding encoding;
    DicomAttributes attributes;
};

struct DicomParts {
    std::vector<std::uint8_t> inflated; // file meta information and data set of a deflated file
    Bytes file;                         // what offsets count in: the caller's bytes, or inflated
    DicomMeta meta;
    DicomSyntax syntax;
    DicomItem dataset;
};

// file must outlive the result. Errors: Damaged, TooLarge, UnsupportedFormat.
Result<DicomParts> takeDicomApart(Bytes file);

// Items first … first + most − 1 of a sequence; none where the sequence or those items are absent.
// Errors: Damaged, TooLarge.
Result<std::vector<DicomItem>> readItems(Bytes file, const DicomItem& parent, DicomTag sequence,
                                         std::size_t first, std::size_t most);

// A functional group macro of one frame, counted from 0 (PS3.3 C.7.6.16): the frame's own, else the one that
// all frames share; none where the object has neither. Errors: Damaged, TooLarge.
Result<std::optional<DicomItem>> readFrameMacro(Bytes file, const DicomItem& dataset, DicomTag macro,
                                                std::size_t frame);

} // namespace hilum
