#include "core/image/DicomAttributes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
// After osconfig.h.
#include <dcmtk/dcmdata/dcistrmb.h>

namespace hilum {

namespace {

// Longer values of these attributes are nonsense and not looked at. A palette has at most 65536 words.
constexpr std::size_t kMaxValueBytes = 128 * 1024;

// What the readers ask for, in ascending order.
constexpr std::array kWanted{
    DicomTag{0x0004, 0x1410}, // Record In-use Flag
    DicomTag{0x0004, 0x1430}, // Directory Record Type
    DicomTag{0x0004, 0x1500}, // Referenced File ID
    DicomTag{0x0008, 0x0005}, // Specific Character Set
    DicomTag{0x0008, 0x0016}, // SOP Class UID
    DicomTag{0x0008, 0x0020}, // Study Date
    DicomTag{0x0008, 0x0030}, // Study Time
    DicomTag{0x0008, 0x0060}, // Modality
    DicomTag{0x0008, 0x1030}, // Study Description
    DicomTag{0x0008, 0x103E}, // Series Description
    DicomTag{0x0010, 0x0010}, // Patient's Name
    DicomTag{0x0010, 0x0020}, // Patient ID
    DicomTag{0x0010, 0x0040}, // Patient's Sex
    DicomTag{0x0010, 0x1010}, // Patient's Age
    DicomTag{0x0018, 0x0015}, // Body Part Examined
    DicomTag{0x0018, 0x1114}, // Estimated Radiographic Magnification Factor
    DicomTag{0x0018, 0x1164}, // Imager Pixel Spacing
    DicomTag{0x0018, 0x5101}, // View Position
    DicomTag{0x0028, 0x0002}, // Samples per Pixel
    DicomTag{0x0028, 0x0004}, // Photometric Interpretation
    DicomTag{0x0028, 0x0006}, // Planar Configuration
    DicomTag{0x0028, 0x0008}, // Number of Frames
    DicomTag{0x0028, 0x0010}, // Rows
    DicomTag{0x0028, 0x0011}, // Columns
    DicomTag{0x0028, 0x0030}, // Pixel Spacing
    DicomTag{0x0028, 0x0100}, // Bits Allocated
    DicomTag{0x0028, 0x0101}, // Bits Stored
    DicomTag{0x0028, 0x0102}, // High Bit
    DicomTag{0x0028, 0x0103}, // Pixel Representation
    DicomTag{0x0028, 0x0120}, // Pixel Padding Value
    DicomTag{0x0028, 0x0121}, // Pixel Padding Range Limit
    DicomTag{0x0028, 0x1050}, // Window Center
    DicomTag{0x0028, 0x1051}, // Window Width
    DicomTag{0x0028, 0x1052}, // Rescale Intercept
    DicomTag{0x0028, 0x1053}, // Rescale Slope
    DicomTag{0x0028, 0x1054}, // Rescale Type
    DicomTag{0x0028, 0x1055}, // Window Center & Width Explanation
    DicomTag{0x0028, 0x1056}, // VOI LUT Function
    DicomTag{0x0028, 0x1101}, // Red Palette Color Lookup Table Descriptor
    DicomTag{0x0028, 0x1102}, // Green …
    DicomTag{0x0028, 0x1103}, // Blue …
    DicomTag{0x0028, 0x1201}, // Red Palette Color Lookup Table Data
    DicomTag{0x0028, 0x1202}, // Green …
    DicomTag{0x0028, 0x1203}, // Blue …
    DicomTag{0x0028, 0x3002}, // LUT Descriptor
    DicomTag{0x0028, 0x3003}, // LUT Explanation
    DicomTag{0x0028, 0x3004}, // Modality LUT Type
    DicomTag{0x0028, 0x3006}, // LUT Data
    DicomTag{0x2050, 0x0020}, // Presentation LUT Shape
};

// Of the Overlay Plane module (PS3.3 C.9.2), in every group from 6000 to 60FF; its data are read elsewhere.
constexpr std::array<std::uint16_t, 9> kWantedOfOverlays{
    0x0010, // Overlay Rows
    0x0011, // Overlay Columns
    0x0015, // Number of Frames in Overlay
    0x0022, // Overlay Description
    0x0050, // Overlay Origin
    0x0051, // Image Frame Origin
    0x0100, // Overlay Bits Allocated
    0x0102, // Overlay Bit Position
    0x1500, // Overlay Label
};

bool isWanted(DicomTag tag) {
    if (tag.group >> 8U == 0x60U)
        return std::binary_search(kWantedOfOverlays.begin(), kWantedOfOverlays.end(), tag.element);
    return std::binary_search(kWanted.begin(), kWanted.end(), tag);
}

DcmTagKey keyOf(DicomTag tag) { return {tag.group, tag.element}; }

E_TransferSyntax syntaxOf(DicomEncoding encoding) {
    if (encoding.explicitVr)
        return encoding.order == ByteOrder::Little ? EXS_LittleEndianExplicit : EXS_BigEndianExplicit;
    return encoding.order == ByteOrder::Little ? EXS_LittleEndianImplicit : EXS_BigEndianImplicit;
}

// The wanted elements as they stand in the file, one after another in ascending order.
std::vector<std::uint8_t> wantedBytes(Bytes file, const DicomStructure& structure) {
    std::vector<DicomElement> elements;
    for (const DicomElement& element : structure.elements)
        if (isWanted(element.tag) && !element.undefinedLength && element.valueBytes <= kMaxValueBytes)
            elements.push_back(element);
    std::ranges::sort(elements, {}, &DicomElement::tag);
    std::vector<std::uint8_t> wanted;
    for (const DicomElement& element : elements) {
        const Bytes bytes =
            file.subspan(element.offset, element.valueOffset + element.valueBytes - element.offset);
        wanted.insert(wanted.end(), bytes.begin(), bytes.end());
    }
    return wanted;
}

// Length of the UTF-8 sequence at the start of text, 0 where there is none (RFC 3629: no overlong forms, no
// surrogates), and its code point.
std::size_t decodeUtf8(std::string_view text, char32_t& code) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xC2 && first < 0xE0 ? 2
                               : first >= 0xE0 && first < 0xF0 ? 3
                               : first >= 0xF0 && first < 0xF5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size())
        return 0;
    code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80)
            return 0;
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
    return code < kSmallest[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : length;
}

bool isHidden(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E ||
           code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFEFF;
}

} // namespace

std::string cleanText(std::string_view text) {
    std::string clean;
    while (!text.empty()) {
        char32_t code = 0;
        const std::size_t length = decodeUtf8(text, code);
        if (length == 0)
            clean += "\xEF\xBF\xBD"; // U+FFFD
        else if (!isHidden(code))
            clean += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    const auto first = clean.find_first_not_of(' ');
    return first == std::string::npos ? std::string()
                                      : clean.substr(first, clean.find_last_not_of(' ') - first + 1);
}

DicomAttributes::DicomAttributes(std::unique_ptr<DcmDataset> dataset) : m_dataset(std::move(dataset)) {}
DicomAttributes::DicomAttributes(DicomAttributes&&) noexcept = default;
DicomAttributes& DicomAttributes::operator=(DicomAttributes&&) noexcept = default;
DicomAttributes::~DicomAttributes() = default;

Result<DicomAttributes> DicomAttributes::read(Bytes file, const DicomStructure& structure,
                                              DicomEncoding encoding) {
    const std::vector<std::uint8_t> wanted = wantedBytes(file, structure);
    auto dataset = std::make_unique<DcmDataset>();
    if (!wanted.empty()) {
        DcmInputBufferStream stream;
        stream.setBuffer(wanted.data(), static_cast<offile_off_t>(wanted.size()));
        stream.setEos();
        dataset->transferInit();
        const OFCondition status = dataset->read(stream, syntaxOf(encoding));
        dataset->transferEnd();
        if (status.bad())
            return fail(ErrorCode::Damaged,
                        std::string("The DICOM file's attributes cannot be read: ") + status.text() + ".");
    }
    // Where the character set is unknown or wrong, texts stay as they are and cleanText() sees to them.
    dataset->convertToUTF8();
    return DicomAttributes(std::move(dataset));
}

std::optional<long> DicomAttributes::integer(DicomTag tag, unsigned long index) const {
    DcmElement* element = nullptr;
    if (m_dataset->findAndGetElement(keyOf(tag), element).bad() || element == nullptr)
        return std::nullopt;
    Uint16 unsignedWord = 0;
    Sint16 signedWord = 0;
    if (element->getUint16(unsignedWord, index).good())
        return unsignedWord;
    if (element->getSint16(signedWord, index).good())
        return signedWord;
    if (element->ident() != EVR_IS)
        return std::nullopt;
    const std::string digits = text(tag, index); // DCMTK's own conversion wraps around
    long number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size())
        return std::nullopt;
    return number;
}

std::vector<double> DicomAttributes::decimals(DicomTag tag) const {
    std::vector<double> values;
    DcmElement* element = nullptr;
    if (m_dataset->findAndGetElement(keyOf(tag), element).bad() || element == nullptr)
        return values;
    for (unsigned long i = 0; i < element->getVM(); ++i) {
        Float64 value = 0;
        const bool good = element->getFloat64(value, i).good();
        values.push_back(good ? value : std::numeric_limits<double>::quiet_NaN());
    }
    return values;
}

std::string DicomAttributes::text(DicomTag tag, unsigned long index) const {
    OFString value;
    if (m_dataset->findAndGetOFString(keyOf(tag), value, index).bad())
        return {};
    return cleanText({value.data(), value.size()});
}

std::vector<std::string> DicomAttributes::texts(DicomTag tag) const {
    std::vector<std::string> values;
    DcmElement* element = nullptr;
    if (m_dataset->findAndGetElement(keyOf(tag), element).bad() || element == nullptr)
        return values;
    for (unsigned long i = 0; i < element->getVM(); ++i)
        values.push_back(text(tag, i));
    return values;
}

std::vector<std::uint8_t> DicomAttributes::bytes(DicomTag tag) const {
    const Uint16* words = nullptr;
    unsigned long count = 0;
    std::vector<std::uint8_t> result;
    if (m_dataset->findAndGetUint16Array(keyOf(tag), words, &count).good() && words != nullptr) {
        for (unsigned long i = 0; i < count; ++i) {
            result.push_back(static_cast<std::uint8_t>(words[i] & 0xFFU));
            result.push_back(static_cast<std::uint8_t>(words[i] >> 8U));
        }
        return result;
    }
    const Uint8* octets = nullptr;
    if (m_dataset->findAndGetUint8Array(keyOf(tag), octets, &count).good() && octets != nullptr)
        result.assign(octets, octets + count);
    return result;
}

} // namespace hilum
