// DICOM files with known pixels, built in memory: by DCMTK (every encoding that it writes), or element by
// element (structures that DCMTK would not write).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/PictureFiles.h"

class DcmFileFormat;
class DcmItem;

namespace hilum::test {

enum class DicomWriting {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
    Deflated,
    Rle,
    JpegBaseline, // 8 bit, quality 95
    JpegExtended, // up to 12 bit, quality 95
    JpegLossless, // first-order prediction
    JpegLs,       // lossless
    JpegLsNear,   // each value at most 2 off
};

// A CR object of an invented patient; further attributes replace those.
class DicomFile {
public:
    DicomFile();
    DicomFile(DicomFile&&) noexcept;
    ~DicomFile();

    DicomFile& text(std::uint16_t group, std::uint16_t element, const std::string& value);
    DicomFile& number(std::uint16_t group, std::uint16_t element, std::uint16_t value);
    DicomFile& remove(std::uint16_t group, std::uint16_t element);
    // Values of VR SS.
    DicomFile& shorts(std::uint16_t group, std::uint16_t element, const std::vector<std::int16_t>& values);
    // What follows goes into this item of this sequence, within the present item; after leave() into the data
    // set again.
    DicomFile& enter(std::uint16_t group, std::uint16_t element, int item = 0);
    DicomFile& leave();
    // Words of OW attributes, and the three values of palette descriptors.
    DicomFile& words(std::uint16_t group, std::uint16_t element, const std::vector<std::uint16_t>& values);

    // One sample per pixel: Rows, Columns, bits and Pixel Data. raw: as they stand in the file, 8 or 16 bits.
    DicomFile& pixels(int widthPx, int heightPx, int bitsAllocated, int bitsStored,
                      const std::vector<std::uint16_t>& raw);
    // Three samples of 8 bits per pixel, interleaved, or one plane after the other.
    DicomFile& colourPixels(int widthPx, int heightPx, const std::string& photometric, bool planar,
                            const ByteVector& samples);

    // Preamble, meta information and data set.
    [[nodiscard]] ByteVector bytes(DicomWriting writing = DicomWriting::ExplicitLittle);

private:
    std::unique_ptr<DcmFileFormat> m_file;
    DcmItem* m_item; // what values go into
};

// What decoding a DICOM file's pixel data with DCMTK's own pipeline gives, as bytes.
ByteVector decodedByDcmtk(const ByteVector& file);

// Explicit VR little endian, element by element, lengths as given.
class RawDicom {
public:
    // With preamble and meta information, unless transferSyntax is empty.
    explicit RawDicom(const std::string& transferSyntax = "1.2.840.10008.1.2.1");

    RawDicom& element(std::uint16_t group, std::uint16_t element, const std::string& vr,
                      const ByteVector& value);
    RawDicom& text(std::uint16_t group, std::uint16_t element, const std::string& vr, std::string value);
    RawDicom& number(std::uint16_t group, std::uint16_t element, std::uint16_t value);
    // Only tag, VR and length; the value is what comes next.
    RawDicom& header(std::uint16_t group, std::uint16_t element, const std::string& vr, std::uint32_t length);
    // Items and delimiters.
    RawDicom& item(std::uint32_t length);
    RawDicom& itemEnd();
    RawDicom& sequenceEnd();
    // Image Pixel module of a grey picture without its Pixel Data.
    RawDicom& imagePixelModule(int widthPx, int heightPx, int bits);

    // Encapsulated Pixel Data: the offset table (may be empty), fragments (padded to an even length), the
    // end.
    RawDicom& fragments(const std::vector<std::uint32_t>& offsetTable, const std::vector<ByteVector>& parts);

    [[nodiscard]] std::size_t size() const { return m_bytes.size(); }
    [[nodiscard]] const ByteVector& bytes() const { return m_bytes; }

private:
    void put16(std::uint32_t value);
    void put32(std::uint32_t value);

    ByteVector m_bytes;
};

} // namespace hilum::test
