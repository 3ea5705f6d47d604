// Phantom -> DICOM. The modules are those of PS3.3 A.26 (Digital X-Ray Image IOD); the section of each stands
// beside its attributes.

#include "core/image/Phantom.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>

#include <dcmtk/config/osconfig.h>
// After osconfig.h.
#include <dcmtk/dcmdata/dcostrmb.h>
#include <dcmtk/dcmdata/dctk.h>

#include "core/image/phantom/Random.h"
#include "core/storage/AtomicFile.h"

namespace hilum {

namespace {

// A UUID-derived UID (PS3.5 B.2): 2.25. and the 128 bits in decimal. The bits follow from what is named, with
// the version and variant of a UUID of one's own making (RFC 9562, version 8).
std::string uidOf(const PhantomSpec& spec, std::uint64_t what) {
    using phantom::scrambled;
    std::uint64_t high = scrambled(spec.seed) ^ scrambled(what);
    high = scrambled(high + static_cast<std::uint64_t>(spec.finding));
    if (spec.classMarker != ClassMarker::None) {
        high = scrambled(high ^ static_cast<std::uint64_t>(spec.classMarker));
    }
    high = scrambled(high ^ (static_cast<std::uint64_t>(spec.widthPx) << 32U) ^
                     static_cast<std::uint64_t>(spec.heightPx));
    const std::uint64_t low = scrambled(high ^ 0x48494C554DULL);
    std::array<std::uint32_t, 4> limbs{static_cast<std::uint32_t>(high >> 32U),
                                       (static_cast<std::uint32_t>(high) & 0xFFFF0FFFU) | 0x8000U,
                                       (static_cast<std::uint32_t>(low >> 32U) & 0x3FFFFFFFU) | 0x80000000U,
                                       static_cast<std::uint32_t>(low)};
    std::string digits;
    while (std::any_of(limbs.begin(), limbs.end(), [](std::uint32_t limb) { return limb != 0; })) {
        std::uint64_t rest = 0;
        for (std::uint32_t& limb : limbs) { // long division by ten
            rest = (rest << 32U) | limb;
            limb = static_cast<std::uint32_t>(rest / 10U);
            rest %= 10U;
        }
        digits.push_back(static_cast<char>('0' + rest));
    }
    std::reverse(digits.begin(), digits.end());
    return "2.25." + digits;
}

// Collects the first failure, so that attributes can be listed plainly.
class Writer {
public:
    explicit Writer(DcmItem& item) : m_item(item) {}

    void text(const DcmTagKey& tag, const std::string& value) {
        keep(m_item.putAndInsertString(tag, value.c_str()));
    }
    void number(const DcmTagKey& tag, int value) {
        keep(m_item.putAndInsertUint16(tag, static_cast<Uint16>(value)));
    }
    // DS: at most 16 characters.
    void decimal(const DcmTagKey& tag, double first) { text(tag, shortDecimal(first)); }
    void decimals(const DcmTagKey& tag, double first, double second) {
        text(tag, shortDecimal(first) + '\\' + shortDecimal(second));
    }
    // A sequence of one coded item (PS3.3 8.8).
    void code(const DcmTagKey& tag, const char* value, const char* meaning) {
        DcmItem* item = nullptr;
        keep(m_item.findOrCreateSequenceItem(tag, item));
        if (item != nullptr) {
            Writer inner(*item);
            inner.text(DCM_CodeValue, value);
            inner.text(DCM_CodingSchemeDesignator, "SCT");
            inner.text(DCM_CodeMeaning, meaning);
            keep(inner.m_first);
        }
    }
    void emptySequence(const DcmTagKey& tag) { keep(m_item.insertEmptyElement(tag)); }
    void pixels(std::span<const std::uint16_t> values) {
        keep(m_item.putAndInsertUint16Array(DCM_PixelData, values.data(),
                                            static_cast<unsigned long>(values.size())));
    }
    [[nodiscard]] bool good() const { return m_first.good(); }

private:
    static std::string shortDecimal(double value) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.8g", value);
        return text.data();
    }
    void keep(const OFCondition& condition) {
        if (m_first.good()) {
            m_first = condition;
        }
    }

    DcmItem& m_item;
    OFCondition m_first = EC_Normal;
};

void writePatientAndStudy(Writer& out, const Phantom& phantom) {
    const FilmHeader& header = phantom.film.header;
    out.text(DCM_PatientName, header.patientName); // C.7.1.1
    out.text(DCM_PatientID, header.patientId);
    out.text(DCM_PatientBirthDate, phantom.patientBirthDate);
    out.text(DCM_PatientSex, header.patientSex);
    out.text(DCM_StudyInstanceUID, uidOf(phantom.spec, 1)); // C.7.2.1
    out.text(DCM_StudyDate, header.studyDate);
    out.text(DCM_StudyTime, header.studyTime);
    out.text(DCM_ReferringPhysicianName, "");
    out.text(DCM_StudyID, "1");
    out.text(DCM_AccessionNumber, "");
    out.text(DCM_StudyDescription, header.studyDescription);
    out.text(DCM_PatientAge, header.patientAge); // C.7.2.2
}

void writeSeriesAndEquipment(Writer& out, const Phantom& phantom) {
    const FilmHeader& header = phantom.film.header;
    out.text(DCM_Modality, header.modality); // C.7.3.1
    out.text(DCM_SeriesInstanceUID, uidOf(phantom.spec, 2));
    out.text(DCM_SeriesNumber, "1");
    out.text(DCM_SeriesDescription, header.seriesDescription);
    out.text(DCM_BodyPartExamined, header.bodyPart);
    out.text(DCM_PresentationIntentType, "FOR PRESENTATION"); // C.8.11.1
    out.text(DCM_Manufacturer, "Hilum");                      // C.7.5.1
    out.text(DCM_ManufacturerModelName, "Phantom");
    out.text(DCM_DeviceSerialNumber, "1");
    out.text(DCM_SoftwareVersions, "1");
}

void writeImage(Writer& out, const Phantom& phantom) {
    const Radiograph& film = phantom.film;
    const FilmHeader& header = film.header;
    out.text(DCM_SOPClassUID, UID_DigitalXRayImageStorageForPresentation); // C.12.1
    out.text(DCM_SOPInstanceUID, uidOf(phantom.spec, 3));
    out.text(DCM_InstanceNumber, "1"); // C.7.6.1
    out.text(DCM_ContentDate, header.studyDate);
    out.text(DCM_ContentTime, header.studyTime);
    out.text(DCM_AcquisitionDate, header.studyDate);
    out.text(DCM_AcquisitionTime, header.studyTime);
    out.text(DCM_ImageType, "DERIVED\\PRIMARY\\"); // C.8.11.3
    out.text(DCM_DerivationDescription, "Synthetic: rendered from an analytic thorax");
    out.text(DCM_PixelIntensityRelationship, "LOG");
    out.text(DCM_PatientOrientation, "L\\F");
    out.text(DCM_BurnedInAnnotation, "NO");
    out.text(DCM_LossyImageCompression, "00");
    out.decimal(DCM_RescaleIntercept, film.rescaleIntercept);
    out.decimal(DCM_RescaleSlope, film.rescaleSlope);
    out.text(DCM_RescaleType, film.rescaleType);
    out.text(DCM_PresentationLUTShape, "IDENTITY");
    out.decimal(DCM_WindowCenter, film.windows.front().center); // C.11.2
    out.decimal(DCM_WindowWidth, film.windows.front().width);
    out.text(DCM_WindowCenterWidthExplanation, film.windows.front().explanation);
}

void writeAnatomyAndDetector(Writer& out, const Phantom& phantom) {
    out.text(DCM_ImageLaterality, "U"); // C.8.11.2: the chest is unpaired
    out.code(DCM_AnatomicRegionSequence, "51185008", "Chest");
    out.text(DCM_DetectorType, "DIRECT"); // C.8.11.4
    out.text(DCM_DetectorConfiguration, "AREA");
    out.decimals(DCM_ImagerPixelSpacing, phantom.film.spacing->rowMm, phantom.film.spacing->columnMm);
    out.decimals(DCM_PixelSpacing, phantom.film.spacing->rowMm, phantom.film.spacing->columnMm);
    out.text(DCM_PositionerType, "NONE"); // C.8.11.5
    out.text(DCM_ViewPosition, phantom.film.header.viewPosition);
    out.code(DCM_ViewCodeSequence, "272479007", "postero-anterior");
    out.emptySequence(DCM_AcquisitionContextSequence); // C.7.6.14
}

void writePixels(Writer& out, const Radiograph& film) {
    out.number(DCM_SamplesPerPixel, 1); // C.7.6.3
    out.text(DCM_PhotometricInterpretation, "MONOCHROME2");
    out.number(DCM_Rows, film.heightPx);
    out.number(DCM_Columns, film.widthPx);
    out.number(DCM_BitsAllocated, 16);
    out.number(DCM_BitsStored, film.bitsStored);
    out.number(DCM_HighBit, film.bitsStored - 1);
    out.number(DCM_PixelRepresentation, 0);
    out.pixels(*film.pixels);
}

// The whole file in memory; empty where DCMTK fails.
std::string encoded(DcmFileFormat& file) {
    constexpr E_TransferSyntax kSyntax = EXS_LittleEndianExplicit;
    constexpr std::size_t kHeader = 8192; // preamble and meta information, generously
    std::string bytes(kHeader + file.getDataset()->calcElementLength(kSyntax, EET_ExplicitLength), '\0');
    DcmOutputBufferStream stream(bytes.data(), static_cast<offile_off_t>(bytes.size()));
    file.transferInit();
    const OFCondition condition = file.write(stream, kSyntax, EET_ExplicitLength, nullptr);
    file.transferEnd();
    if (condition.bad()) {
        return {};
    }
    bytes.resize(static_cast<std::size_t>(stream.tell()));
    return bytes;
}

} // namespace

Result<void> writePhantomDicom(const Phantom& phantom, const std::filesystem::path& file) {
    DcmFileFormat format;
    Writer out(*format.getDataset());
    writePatientAndStudy(out, phantom);
    writeSeriesAndEquipment(out, phantom);
    writeImage(out, phantom);
    writeAnatomyAndDetector(out, phantom);
    writePixels(out, phantom.film);
    // DX wants the sign of the pixel's relation to the beam: −1, larger values are less beam (C.8.11.3).
    if (format.getDataset()->putAndInsertSint16(DCM_PixelIntensityRelationshipSign, -1).bad() ||
        !out.good()) {
        return fail(ErrorCode::Internal, "DCMTK refused an attribute of the phantom.", file.string());
    }
    const std::string bytes = encoded(format);
    if (bytes.empty()) {
        return fail(ErrorCode::Internal, "DCMTK could not encode the phantom.", file.string());
    }
    return writeFileAtomically(file, bytes);
}

} // namespace hilum
