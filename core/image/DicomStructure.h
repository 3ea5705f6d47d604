// The structure of a DICOM file (PS3.5 clause 7 and Annex A, PS3.10 clause 7), walked without recursion
// before DCMTK sees any of it: DCMTK descends into nested sequences on the stack and trusts lengths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/domain/Result.h"
#include "core/image/Bytes.h"

namespace hilum {

// Sequences nested deeper are refused.
inline constexpr std::size_t kMaxDicomDepth = 64;
// Elements and items of a file, all levels; more are refused.
inline constexpr std::size_t kMaxDicomElements = 250'000;

struct DicomTag {
    std::uint16_t group = 0;
    std::uint16_t element = 0;

    friend auto operator<=>(const DicomTag&, const DicomTag&) = default;
};

// "(0028,0010)"
std::string toString(DicomTag tag);

struct DicomEncoding {
    bool explicitVr = true;
    ByteOrder order = ByteOrder::Little;
};

struct DicomElement {
    DicomTag tag;
    std::string vr;              // empty where the encoding does not tell
    std::size_t offset = 0;      // of the tag in the file
    std::size_t valueOffset = 0; // of the value
    std::size_t valueBytes = 0;  // 0 for a sequence of undefined length
    bool undefinedLength = false;
};

struct DicomFragment {
    std::size_t offset = 0;
    std::size_t bytes = 0;
};

// The file meta information, without a preamble too; or what the first data element lets guess.
struct DicomMeta {
    std::string transferSyntax; // UID; empty where the file does not state one
    std::string sopClass;       // Media Storage SOP Class UID (0002,0002); may be empty
    std::size_t datasetOffset = 0;
    DicomEncoding guessed; // the data set's encoding by its first element
};

struct DicomStructure {
    std::vector<DicomElement>
        elements; // top level, in file order; Pixel Data is the last one, if there is any
    bool hasPixelData = false;
    DicomFragment offsetTable;            // encapsulated Pixel Data: the Basic Offset Table's item
    std::vector<DicomFragment> fragments; // encapsulated Pixel Data: the other items

    [[nodiscard]] const DicomElement* find(DicomTag tag) const;
};

// The encoding of what is in a sequence that stands in a data set of this encoding (PS3.5 6.2.2).
DicomEncoding encodingInside(const DicomElement& sequence, DicomEncoding encoding);

// "DICM" after a preamble, or a first element that only DICOM begins with. A few hundred bytes are enough.
bool looksLikeDicom(Bytes head);

// Errors: Damaged (tag and offset in the message), UnsupportedFormat (not DICOM).
Result<DicomMeta> readDicomMeta(Bytes file);

// The data set from offset to the end of its Pixel Data or of the file.
// Errors: Damaged, TooLarge (depth, number of elements); tag and offset in the message.
Result<DicomStructure> scanDicomDataset(Bytes file, std::size_t offset, DicomEncoding encoding);

// The items of a sequence, each with its own top level. encoding: that of the data set around the sequence.
// Errors as above.
Result<std::vector<DicomStructure>> scanDicomItems(Bytes file, const DicomElement& sequence,
                                                   DicomEncoding encoding);

} // namespace hilum
