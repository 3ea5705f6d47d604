#include "core/image/DicomStructure.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>

namespace hilum {

namespace {

constexpr std::size_t kPreambleBytes = 128;
constexpr std::uint32_t kUndefinedLength = 0xFFFFFFFF;
constexpr DicomTag kItem{0xFFFE, 0xE000};
constexpr DicomTag kItemEnd{0xFFFE, 0xE00D};
constexpr DicomTag kSequenceEnd{0xFFFE, 0xE0DD};
constexpr DicomTag kPixelData{0x7FE0, 0x0010};

// PS3.5 7.1.2: these have two reserved bytes and a length of 32 bits, all others a length of 16 bits.
constexpr std::array<std::string_view, 13> kLongVrs{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                    "SV", "UC", "UN", "UR", "UT", "UV"};
constexpr std::array<std::string_view, 21> kShortVrs{"AE", "AS", "AT", "CS", "DA", "DS", "DT",
                                                     "FD", "FL", "IS", "LO", "LT", "PN", "SH",
                                                     "SL", "SS", "ST", "TM", "UI", "UL", "US"};

bool isLongVr(std::string_view vr) {
    return std::find(kLongVrs.begin(), kLongVrs.end(), vr) != kLongVrs.end();
}

bool isKnownVr(std::string_view vr) {
    return isLongVr(vr) || std::find(kShortVrs.begin(), kShortVrs.end(), vr) != kShortVrs.end();
}

std::string_view textAt(Bytes bytes, std::size_t offset, std::size_t count) {
    return {reinterpret_cast<const char*>(bytes.data()) + offset, count};
}

DicomTag tagAt(Bytes bytes, std::size_t offset, ByteOrder order) {
    return {readU16(bytes, offset, order), readU16(bytes, offset + 2, order)};
}

tl::unexpected<Error> refuse(ErrorCode code, const std::string& what, DicomTag tag, std::size_t offset) {
    const std::string verdict = code == ErrorCode::TooLarge ? "beyond what Hilum reads" : "damaged";
    return fail(code, "The DICOM file is " + verdict + ": " + what + ", at " + toString(tag) + ", byte " +
                          std::to_string(offset) + ".");
}

tl::unexpected<Error> damaged(const std::string& what, DicomTag tag, std::size_t offset) {
    return refuse(ErrorCode::Damaged, what, tag, offset);
}

tl::unexpected<Error> cutShort(std::size_t offset) {
    return fail(ErrorCode::Damaged, "The DICOM file is damaged: it is cut short inside the element at byte " +
                                        std::to_string(offset) + ".");
}

std::string printable(std::string_view vr) {
    const auto isPlain = [](char c) { return c >= ' ' && c <= '~'; };
    return std::all_of(vr.begin(), vr.end(), isPlain) ? "'" + std::string(vr) + "'"
                                                      : "of two unprintable bytes";
}

// One element's header. Item and delimiter tags have no VR in any encoding.
Result<DicomElement> readHeader(Bytes file, std::size_t offset, DicomEncoding encoding) {
    if (!holds(file, offset, 8))
        return cutShort(offset);
    DicomElement element;
    element.tag = tagAt(file, offset, encoding.order);
    element.offset = offset;
    element.valueOffset = offset + 8;
    std::uint32_t length = 0;
    if (!encoding.explicitVr || element.tag.group == kItem.group) {
        length = readU32(file, offset + 4, encoding.order);
    } else {
        element.vr = textAt(file, offset + 4, 2);
        if (!isKnownVr(element.vr))
            return damaged("a value representation " + printable(element.vr) + " is unknown", element.tag,
                           offset);
        if (isLongVr(element.vr)) {
            if (!holds(file, offset, 12))
                return cutShort(offset);
            length = readU32(file, offset + 8, encoding.order);
            element.valueOffset = offset + 12;
        } else {
            length = readU16(file, offset + 6, encoding.order);
        }
    }
    element.undefinedLength = length == kUndefinedLength;
    element.valueBytes = element.undefinedLength ? 0 : length;
    if (!holds(file, element.valueOffset, element.valueBytes))
        return damaged("a length of " + std::to_string(length) + " bytes reaches beyond the end of the file",
                       element.tag, offset);
    if (element.valueBytes % 2 != 0)
        return damaged("a length of " + std::to_string(length) + " bytes is odd", element.tag, offset);
    return element;
}

// The first element of a file or data set, if it can be one.
std::optional<DicomEncoding> guessEncoding(Bytes bytes, std::size_t offset) {
    if (!holds(bytes, offset, 8))
        return std::nullopt;
    for (const ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
        const DicomTag tag = tagAt(bytes, offset, order);
        if (tag.group != 0x0002 && tag.group != 0x0004 && tag.group != 0x0008)
            continue;
        if (isKnownVr(textAt(bytes, offset + 4, 2)))
            return DicomEncoding{true, order};
        constexpr std::uint32_t kLongestFirstValue = 256;
        const std::uint32_t length = readU32(bytes, offset + 4, order);
        if (length % 2 == 0 && length <= kLongestFirstValue && holds(bytes, offset + 8, length))
            return DicomEncoding{false, order};
    }
    return std::nullopt;
}

bool hasPreamble(Bytes file) {
    return holds(file, kPreambleBytes, 4) && textAt(file, kPreambleBytes, 4) == "DICM";
}

std::string uidAt(Bytes file, const DicomElement& element) {
    std::string_view uid = textAt(file, element.valueOffset, element.valueBytes);
    while (!uid.empty() && (uid.back() == '\0' || uid.back() == ' '))
        uid.remove_suffix(1);
    return std::string(uid);
}

// Walks a data set, or a sequence as the outermost level. The elements of the data set, or of each item
// of that sequence, are kept.
class DatasetScanner {
public:
    DatasetScanner(Bytes file, std::size_t offset, DicomEncoding encoding)
        : m_file(file), m_position(offset), m_levels{{Kind::Dataset, file.size(), false, encoding}},
          m_structures(1) {}
    DatasetScanner(Bytes file, const DicomElement& sequence, DicomEncoding inside)
        : m_file(file),
          m_position(sequence.valueOffset), m_levels{{Kind::Sequence,
                                                      sequence.undefinedLength
                                                          ? file.size()
                                                          : sequence.valueOffset + sequence.valueBytes,
                                                      sequence.undefinedLength, inside}} {}

    Result<std::vector<DicomStructure>> run() {
        while (!m_levels.empty() && !m_done) {
            const Level level = m_levels.back();
            if (!level.undefinedEnd && m_position >= level.end) {
                leave();
                continue;
            }
            const auto step = level.kind == Kind::Sequence ? stepInSequence(level) : stepInItem(level);
            if (!step)
                return tl::unexpected(step.error());
        }
        return std::move(m_structures);
    }

private:
    enum class Kind { Dataset, Sequence, Item };
    struct Level {
        Kind kind;
        std::size_t end; // nothing in here may reach beyond
        bool undefinedEnd;
        DicomEncoding encoding;
    };

    // Reads the next header and checks that it fits into its level.
    Result<DicomElement> next(const Level& level) {
        auto element = readHeader(m_file, m_position, level.encoding);
        if (!element)
            return element;
        if (element->valueOffset + element->valueBytes > level.end)
            return damaged("a length of " + std::to_string(element->valueBytes) +
                               " bytes reaches beyond the sequence that it is in",
                           element->tag, element->offset);
        if (++m_count > kMaxDicomElements)
            return refuse(ErrorCode::TooLarge, "more than " + std::to_string(kMaxDicomElements) + " elements",
                          element->tag, element->offset);
        return element;
    }

    Result<void> descend(const Level& parent, Kind kind, const DicomElement& element,
                         DicomEncoding encoding) {
        // The levels are the data set, then sequences and items in turn.
        if (kind == Kind::Sequence && m_levels.size() > 2 * kMaxDicomDepth)
            return refuse(ErrorCode::TooLarge,
                          "sequences are nested more than " + std::to_string(kMaxDicomDepth) + " deep",
                          element.tag, element.offset);
        const std::size_t end =
            element.undefinedLength ? parent.end : element.valueOffset + element.valueBytes;
        m_levels.push_back({kind, end, element.undefinedLength, encoding});
        m_position = element.valueOffset;
        return {};
    }

    void leave() { m_levels.pop_back(); }

    // Of the data set, or of an item of the outermost sequence; asked before stepping down.
    [[nodiscard]] bool isKept(const Level& level) const {
        return level.kind == Kind::Dataset ||
               (level.kind == Kind::Item && m_levels.size() == 2 && m_levels.front().kind == Kind::Sequence);
    }

    Result<void> stepInSequence(const Level& level) {
        const auto element = next(level);
        if (!element)
            return tl::unexpected(element.error());
        if (element->tag == kItem) {
            if (m_levels.size() == 1) {
                m_structures.emplace_back();
                m_seen.clear();
            }
            return descend(level, Kind::Item, *element, level.encoding);
        }
        if (element->tag == kSequenceEnd && level.undefinedEnd) {
            m_position = element->valueOffset;
            leave();
            return {};
        }
        return damaged("an item was expected", element->tag, element->offset);
    }

    Result<void> stepInItem(const Level& level) {
        const auto element = next(level);
        if (!element)
            return tl::unexpected(element.error());
        if (element->tag == kItemEnd && level.undefinedEnd) {
            m_position = element->valueOffset;
            leave();
            return {};
        }
        if (element->tag.group == kItem.group)
            return damaged("a delimiter out of place", element->tag, element->offset);
        if (isKept(level))
            if (const auto kept = keep(*element); !kept)
                return kept;
        return skipValue(level, *element);
    }

    Result<void> keep(const DicomElement& element) {
        if (!m_seen.insert(element.tag).second)
            return damaged("an element appears twice", element.tag, element.offset);
        m_structures.back().elements.push_back(element);
        m_done = element.tag == kPixelData && m_levels.front().kind == Kind::Dataset;
        m_structures.back().hasPixelData = m_done;
        return {};
    }

    // Moves behind the value, or into it where it is a sequence. Implicit VR does not tell a sequence of
    // defined length from a plain value: it is skipped whole.
    Result<void> skipValue(const Level& level, const DicomElement& element) {
        const bool pixelData = element.tag == kPixelData;
        if (element.undefinedLength && (pixelData || element.vr == "OB" || element.vr == "OW"))
            return takeFragments(level, element);
        if (element.undefinedLength && !element.vr.empty() && element.vr != "SQ" && element.vr != "UN")
            return damaged("only sequences may have an undefined length", element.tag, element.offset);
        if (element.undefinedLength || element.vr == "SQ")
            return descend(level, Kind::Sequence, element, encodingInside(element, level.encoding));
        m_position = element.valueOffset + element.valueBytes;
        return {};
    }

    // PS3.5 A.4: items without nesting; the first is the Basic Offset Table. Kept at the top level only:
    // icons may be encapsulated too.
    Result<void> takeFragments(const Level& level, const DicomElement& pixels) {
        m_position = pixels.valueOffset;
        bool first = true;
        while (true) {
            const auto item = next(level);
            if (!item)
                return tl::unexpected(item.error());
            m_position = item->valueOffset + item->valueBytes;
            if (item->tag == kSequenceEnd)
                return {};
            if (item->tag != kItem || item->undefinedLength)
                return damaged("a fragment of the pixel data was expected", item->tag, item->offset);
            if (level.kind == Kind::Dataset && pixels.tag == kPixelData) {
                const DicomFragment fragment{item->valueOffset, item->valueBytes};
                if (first)
                    m_structures.back().offsetTable = fragment;
                else
                    m_structures.back().fragments.push_back(fragment);
            }
            first = false;
        }
    }

    Bytes m_file;
    std::size_t m_position;
    std::size_t m_count = 0;
    std::vector<Level> m_levels;
    bool m_done = false; // the Pixel Data are reached
    std::set<DicomTag> m_seen;
    std::vector<DicomStructure> m_structures;
};

} // namespace

std::string toString(DicomTag tag) {
    char text[16];
    std::snprintf(text, sizeof text, "(%04X,%04X)", static_cast<unsigned>(tag.group),
                  static_cast<unsigned>(tag.element));
    return text;
}

const DicomElement* DicomStructure::find(DicomTag tag) const {
    const auto found =
        std::find_if(elements.begin(), elements.end(), [tag](const DicomElement& e) { return e.tag == tag; });
    return found == elements.end() ? nullptr : &*found;
}

bool looksLikeDicom(Bytes head) {
    if (hasPreamble(head))
        return true;
    const auto encoding = guessEncoding(head, 0);
    if (!encoding)
        return false;
    const auto first = readHeader(head, 0, *encoding);
    if (!first || first->undefinedLength)
        return false;
    const std::size_t second = first->valueOffset + first->valueBytes;
    if (!holds(head, second, 8))
        return false;
    const DicomTag tag = tagAt(head, second, encoding->order);
    if (tag <= first->tag || tag > kPixelData)
        return false;
    if (encoding->explicitVr)
        return isKnownVr(textAt(head, second + 4, 2));
    constexpr std::uint16_t kLastFirstElement = 0x0060; // Modality; a data set begins before it
    return first->tag.element <= kLastFirstElement && tag.group % 2 == 0;
}

Result<DicomMeta> readDicomMeta(Bytes file) {
    DicomMeta meta;
    std::size_t position = hasPreamble(file) ? kPreambleBytes + 4 : 0;
    constexpr DicomEncoding kMetaEncoding{true, ByteOrder::Little};
    while (holds(file, position, 8) && readU16(file, position, ByteOrder::Little) == 0x0002) {
        const auto element = readHeader(file, position, kMetaEncoding);
        if (!element)
            return tl::unexpected(element.error());
        if (element->undefinedLength)
            return damaged("an undefined length", element->tag, element->offset);
        if (element->tag == DicomTag{0x0002, 0x0010})
            meta.transferSyntax = uidAt(file, *element);
        else if (element->tag == DicomTag{0x0002, 0x0002})
            meta.sopClass = uidAt(file, *element);
        position = element->valueOffset + element->valueBytes;
    }
    meta.datasetOffset = position;
    if (!holds(file, position, 8))
        return cutShort(position);
    if (const auto guessed = guessEncoding(file, position))
        meta.guessed = *guessed;
    else if (meta.transferSyntax.empty())
        return fail(ErrorCode::Damaged,
                    "The DICOM file states no transfer syntax, and its first element at byte " +
                        std::to_string(position) + " gives none away.");
    return meta;
}

DicomEncoding encodingInside(const DicomElement& sequence, DicomEncoding encoding) {
    return sequence.vr == "UN" ? DicomEncoding{false, ByteOrder::Little} : encoding;
}

Result<DicomStructure> scanDicomDataset(Bytes file, std::size_t offset, DicomEncoding encoding) {
    auto structures = DatasetScanner(file, offset, encoding).run();
    if (!structures)
        return tl::unexpected(structures.error());
    return std::move(structures->front());
}

Result<std::vector<DicomStructure>> scanDicomItems(Bytes file, const DicomElement& sequence,
                                                   DicomEncoding encoding) {
    return DatasetScanner(file, sequence, encodingInside(sequence, encoding)).run();
}

} // namespace hilum
