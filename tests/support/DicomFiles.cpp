#include "tests/support/DicomFiles.h"

#include <cstring>
#include <mutex>
#include <stdexcept>

#include <charls/charls.h>
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
// After osconfig.h.
#include <dcmtk/dcmdata/dcistrmb.h>
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmdata/dcrlerp.h>
#include <dcmtk/dcmimage/diregist.h> // lets DCMTK compress colour
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpeg/djrplol.h>
#include <dcmtk/dcmjpeg/djrploss.h>

namespace hilum::test {

namespace {

void registerCodecs() {
    static std::once_flag once;
    std::call_once(once, [] {
        DJEncoderRegistration::registerCodecs(ECC_lossyYCbCr);
        DJDecoderRegistration::registerCodecs();
        DcmRLEEncoderRegistration::registerCodecs();
        DcmRLEDecoderRegistration::registerCodecs();
    });
}

void require(const OFCondition& condition) {
    if (condition.bad())
        throw std::runtime_error(condition.text());
}

E_TransferSyntax syntaxOf(DicomWriting writing) {
    switch (writing) {
    case DicomWriting::ImplicitLittle:
        return EXS_LittleEndianImplicit;
    case DicomWriting::ExplicitLittle:
        return EXS_LittleEndianExplicit;
    case DicomWriting::ExplicitBig:
        return EXS_BigEndianExplicit;
    case DicomWriting::Deflated:
        return EXS_DeflatedLittleEndianExplicit;
    case DicomWriting::Rle:
        return EXS_RLELossless;
    case DicomWriting::JpegBaseline:
        return EXS_JPEGProcess1;
    case DicomWriting::JpegExtended:
        return EXS_JPEGProcess2_4;
    case DicomWriting::JpegLossless:
        return EXS_JPEGProcess14SV1;
    case DicomWriting::JpegLs:
        return EXS_JPEGLSLossless;
    case DicomWriting::JpegLsNear:
        return EXS_JPEGLSLossy;
    }
    return EXS_Unknown;
}

std::unique_ptr<DcmRepresentationParameter> parameterOf(DicomWriting writing) {
    if (writing == DicomWriting::JpegBaseline || writing == DicomWriting::JpegExtended)
        return std::make_unique<DJ_RPLossy>(95);
    if (writing == DicomWriting::JpegLossless)
        return std::make_unique<DJ_RPLossless>(1, 0);
    if (writing == DicomWriting::Rle)
        return std::make_unique<DcmRLERepresentationParameter>();
    return nullptr;
}

// The native pixels of a data set, sample by sample, in as many bytes as are allocated.
ByteVector nativePixels(DcmDataset& dataset, int bitsAllocated, int bitsStored) {
    ByteVector bytes;
    unsigned long count = 0;
    const Uint8* octets = nullptr;
    const Uint16* words = nullptr;
    if (bitsAllocated == 8) {
        require(dataset.findAndGetUint8Array(DCM_PixelData, octets, &count));
        return {octets, octets + count};
    }
    require(dataset.findAndGetUint16Array(DCM_PixelData, words, &count));
    bytes.resize(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<Uint16>(words[i] & ((1U << bitsStored) - 1));
        std::memcpy(bytes.data() + 2 * i, &value, 2);
    }
    return bytes;
}

ByteVector jpegLsStream(const std::uint8_t* pixels, std::size_t count, const charls::frame_info& info,
                        bool planar, int nearLossless) {
    charls::jpegls_encoder encoder;
    encoder.frame_info(info).near_lossless(nearLossless);
    encoder.interleave_mode(info.component_count == 1 || planar ? charls::interleave_mode::none
                                                                : charls::interleave_mode::sample);
    ByteVector stream(encoder.estimated_destination_size());
    encoder.destination(stream.data(), stream.size());
    stream.resize(encoder.encode(pixels, count));
    stream.resize((stream.size() + 1) / 2 * 2);
    return stream;
}

// Replaces the native pixels. DCMTK's own encoder cannot be used beside CharLS: they export the same names.
void encodeJpegLs(DcmDataset& dataset, E_TransferSyntax syntax, int nearLossless) {
    const auto number = [&dataset](const DcmTagKey& tag) {
        Uint16 value = 0;
        dataset.findAndGetUint16(tag, value);
        return value;
    };
    const int bits = number(DCM_BitsStored);
    const ByteVector pixels = nativePixels(dataset, number(DCM_BitsAllocated), bits);
    const charls::frame_info info{number(DCM_Columns), number(DCM_Rows), bits, number(DCM_SamplesPerPixel)};
    const std::size_t frameBytes = std::size_t{info.width} * info.height *
                                   static_cast<std::size_t>(info.component_count) * (bits > 8 ? 2U : 1U);
    auto sequence = std::make_unique<DcmPixelSequence>(DCM_PixelSequenceTag);
    require(sequence->insert(new DcmPixelItem(DCM_PixelItemTag))); // the empty offset table; owned by it
    for (std::size_t at = 0; at + frameBytes <= pixels.size(); at += frameBytes) {
        ByteVector stream = jpegLsStream(pixels.data() + at, frameBytes, info,
                                         number(DCM_PlanarConfiguration) == 1, nearLossless);
        DcmOffsetList offsets;
        require(
            sequence->storeCompressedFrame(offsets, stream.data(), static_cast<Uint32>(stream.size()), 0));
    }
    auto element = std::make_unique<DcmPixelData>(DCM_PixelData);
    element->putOriginalRepresentation(syntax, nullptr, sequence.release());
    require(dataset.insert(element.release(), OFTrue));
}

} // namespace

DicomFile::DicomFile() : m_file(std::make_unique<DcmFileFormat>()), m_item(m_file->getDataset()) {
    registerCodecs();
    text(0x0008, 0x0016, UID_ComputedRadiographyImageStorage);
    text(0x0008, 0x0018, "1.2.826.0.1.3680043.10.1234.1");
    text(0x0008, 0x0060, "CR");
    text(0x0010, 0x0010, "Phantom^Paula");
}
DicomFile::DicomFile(DicomFile&&) noexcept = default;
DicomFile::~DicomFile() = default;

DicomFile& DicomFile::text(std::uint16_t group, std::uint16_t element, const std::string& value) {
    require(m_item->putAndInsertOFStringArray({group, element}, OFString(value.c_str(), value.size())));
    return *this;
}

DicomFile& DicomFile::number(std::uint16_t group, std::uint16_t element, std::uint16_t value) {
    require(m_item->putAndInsertUint16({group, element}, value));
    return *this;
}

DicomFile& DicomFile::remove(std::uint16_t group, std::uint16_t element) {
    require(m_file->getDataset()->findAndDeleteElement({group, element}));
    return *this;
}

DicomFile& DicomFile::words(std::uint16_t group, std::uint16_t element,
                            const std::vector<std::uint16_t>& values) {
    require(m_item->putAndInsertUint16Array({group, element}, values.data(),
                                            static_cast<unsigned long>(values.size())));
    return *this;
}

DicomFile& DicomFile::shorts(std::uint16_t group, std::uint16_t element,
                             const std::vector<std::int16_t>& values) {
    require(m_item->putAndInsertSint16Array({group, element}, values.data(),
                                            static_cast<unsigned long>(values.size())));
    return *this;
}

DicomFile& DicomFile::enter(std::uint16_t group, std::uint16_t element, int item) {
    DcmItem* inner = nullptr;
    require(m_item->findOrCreateSequenceItem({group, element}, inner, item));
    m_item = inner;
    return *this;
}

DicomFile& DicomFile::leave() {
    m_item = m_file->getDataset();
    return *this;
}

DicomFile& DicomFile::pixels(int widthPx, int heightPx, int bitsAllocated, int bitsStored,
                             const std::vector<std::uint16_t>& raw) {
    number(0x0028, 0x0002, 1);
    if (!m_file->getDataset()->tagExists(DCM_PhotometricInterpretation))
        text(0x0028, 0x0004, "MONOCHROME2");
    number(0x0028, 0x0010, static_cast<std::uint16_t>(heightPx));
    number(0x0028, 0x0011, static_cast<std::uint16_t>(widthPx));
    number(0x0028, 0x0100, static_cast<std::uint16_t>(bitsAllocated));
    number(0x0028, 0x0101, static_cast<std::uint16_t>(bitsStored));
    number(0x0028, 0x0102, static_cast<std::uint16_t>(bitsStored - 1));
    if (!m_file->getDataset()->tagExists(DCM_PixelRepresentation))
        number(0x0028, 0x0103, 0);
    if (bitsAllocated == 16)
        return words(0x7FE0, 0x0010, raw);
    const ByteVector bytes(raw.begin(), raw.end());
    require(m_file->getDataset()->putAndInsertUint8Array(DCM_PixelData, bytes.data(),
                                                         static_cast<unsigned long>(bytes.size())));
    return *this;
}

DicomFile& DicomFile::colourPixels(int widthPx, int heightPx, const std::string& photometric, bool planar,
                                   const ByteVector& samples) {
    text(0x0028, 0x0004, photometric);
    pixels(widthPx, heightPx, 8, 8, {samples.begin(), samples.end()});
    number(0x0028, 0x0002, 3);
    return number(0x0028, 0x0006, planar ? 1 : 0);
}

ByteVector DicomFile::bytes(DicomWriting writing) {
    const E_TransferSyntax syntax = syntaxOf(writing);
    DcmFileFormat file(*m_file);
    if (writing == DicomWriting::JpegLs || writing == DicomWriting::JpegLsNear)
        encodeJpegLs(*file.getDataset(), syntax, writing == DicomWriting::JpegLs ? 0 : 2);
    require(file.getDataset()->chooseRepresentation(syntax, parameterOf(writing).get()));
    ByteVector buffer(16 * 1024 * 1024);
    DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
    file.transferInit();
    require(file.write(stream, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL));
    file.transferEnd();
    stream.flush(); // what deflating holds back
    void* written = nullptr;
    offile_off_t count = 0;
    stream.flushBuffer(written, count);
    buffer.resize(static_cast<std::size_t>(count));
    return buffer;
}

ByteVector decodedByDcmtk(const ByteVector& file) {
    registerCodecs();
    DcmInputBufferStream stream;
    stream.setBuffer(file.data(), static_cast<offile_off_t>(file.size()));
    stream.setEos();
    DcmFileFormat format;
    format.transferInit();
    require(format.read(stream));
    format.transferEnd();
    require(format.getDataset()->chooseRepresentation(EXS_LittleEndianExplicit, nullptr));
    DcmElement* pixels = nullptr;
    require(format.getDataset()->findAndGetElement(DCM_PixelData, pixels));
    const Uint32 count = pixels->getLength();
    ByteVector bytes(count);
    require(pixels->getPartialValue(bytes.data(), 0, count));
    return bytes;
}

RawDicom::RawDicom(const std::string& transferSyntax) {
    if (transferSyntax.empty())
        return;
    m_bytes.resize(128);
    for (const char c : {'D', 'I', 'C', 'M'})
        m_bytes.push_back(static_cast<std::uint8_t>(c));
    text(0x0002, 0x0010, "UI", transferSyntax);
}

void RawDicom::put16(std::uint32_t value) {
    m_bytes.push_back(static_cast<std::uint8_t>(value & 0xFFU));
    m_bytes.push_back(static_cast<std::uint8_t>(value >> 8U & 0xFFU));
}

void RawDicom::put32(std::uint32_t value) {
    put16(value & 0xFFFFU);
    put16(value >> 16U);
}

RawDicom& RawDicom::header(std::uint16_t group, std::uint16_t element, const std::string& vr,
                           std::uint32_t length) {
    put16(group);
    put16(element);
    m_bytes.insert(m_bytes.end(), vr.begin(), vr.end());
    if (vr == "SQ" || vr == "OB" || vr == "OW" || vr == "UN" || vr == "UT") {
        put16(0);
        put32(length);
    } else {
        put16(length);
    }
    return *this;
}

RawDicom& RawDicom::element(std::uint16_t group, std::uint16_t element, const std::string& vr,
                            const ByteVector& value) {
    header(group, element, vr, static_cast<std::uint32_t>(value.size()));
    m_bytes.insert(m_bytes.end(), value.begin(), value.end());
    return *this;
}

RawDicom& RawDicom::text(std::uint16_t group, std::uint16_t element, const std::string& vr,
                         std::string value) {
    if (value.size() % 2 != 0)
        value += vr == "UI" ? '\0' : ' ';
    return this->element(group, element, vr, {value.begin(), value.end()});
}

RawDicom& RawDicom::number(std::uint16_t group, std::uint16_t element, std::uint16_t value) {
    return this->element(group, element, "US", bytesOf({value}, ByteOrder::Little));
}

RawDicom& RawDicom::item(std::uint32_t length) {
    put16(0xFFFE);
    put16(0xE000);
    put32(length);
    return *this;
}

RawDicom& RawDicom::itemEnd() {
    put16(0xFFFE);
    put16(0xE00D);
    put32(0);
    return *this;
}

RawDicom& RawDicom::sequenceEnd() {
    put16(0xFFFE);
    put16(0xE0DD);
    put32(0);
    return *this;
}

RawDicom& RawDicom::fragments(const std::vector<std::uint32_t>& offsetTable,
                              const std::vector<ByteVector>& parts) {
    header(0x7FE0, 0x0010, "OB", 0xFFFFFFFF).item(static_cast<std::uint32_t>(4 * offsetTable.size()));
    for (const std::uint32_t offset : offsetTable)
        put32(offset);
    for (const ByteVector& part : parts) {
        item(static_cast<std::uint32_t>((part.size() + 1) / 2 * 2));
        m_bytes.insert(m_bytes.end(), part.begin(), part.end());
        m_bytes.resize(m_bytes.size() + part.size() % 2);
    }
    return sequenceEnd();
}

RawDicom& RawDicom::imagePixelModule(int widthPx, int heightPx, int bits) {
    number(0x0028, 0x0002, 1);
    text(0x0028, 0x0004, "CS", "MONOCHROME2");
    number(0x0028, 0x0010, static_cast<std::uint16_t>(heightPx));
    number(0x0028, 0x0011, static_cast<std::uint16_t>(widthPx));
    number(0x0028, 0x0100, static_cast<std::uint16_t>(bits > 8 ? 16 : 8));
    number(0x0028, 0x0101, static_cast<std::uint16_t>(bits));
    number(0x0028, 0x0102, static_cast<std::uint16_t>(bits - 1));
    return number(0x0028, 0x0103, 0);
}

} // namespace hilum::test
