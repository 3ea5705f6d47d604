#include "core/image/DicomParts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <zlib.h>

#include "core/image/FilmLimits.h"

namespace hilum {

namespace {

tl::unexpected<Error> damagedStream(const char* what) {
    return fail(ErrorCode::Damaged, std::string("The deflated DICOM data set is damaged: ") + what + ".");
}

// zlib's state for data without a header (PS3.5 A.5).
class Inflater {
public:
    explicit Inflater(Bytes stream) {
        // zlib only reads from the input; its interface is older than const.
        m_stream.next_in = const_cast<Bytef*>(stream.data());
        m_stream.avail_in = static_cast<uInt>(stream.size());
        m_good =
            stream.size() <= std::numeric_limits<uInt>::max() && inflateInit2(&m_stream, -MAX_WBITS) == Z_OK;
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&m_stream); }

    // Up to count bytes; fewer at the stream's end only. False where the stream is damaged or cut short.
    bool next(std::uint8_t* target, std::size_t count, std::size_t& got) {
        m_stream.next_out = target;
        m_stream.avail_out = static_cast<uInt>(count);
        while (m_good && !m_ended && m_stream.avail_out > 0) {
            const int status = inflate(&m_stream, Z_NO_FLUSH);
            m_ended = status == Z_STREAM_END;
            m_good = m_ended || status == Z_OK;
        }
        got = count - m_stream.avail_out;
        return m_good;
    }
    [[nodiscard]] bool ended() const { return m_ended; }

private:
    z_stream m_stream{};
    bool m_good = false;
    bool m_ended = false;
};

// Inflated once to learn the size, so that nothing is allocated for a bomb. The film's pixels may take as
// much again as the data that they come from.
Result<std::uint64_t> inflatedSize(Bytes stream, std::size_t fileBytes) {
    Inflater inflater(stream);
    std::vector<std::uint8_t> chunk(64 * 1024);
    std::uint64_t total = 0;
    while (!inflater.ended()) {
        std::size_t got = 0;
        if (!inflater.next(chunk.data(), chunk.size(), got))
            return damagedStream("it is corrupt or cut short");
        total += got;
        if (auto size = checkDecodeBytes(fileBytes + 2 * total); !size)
            return tl::unexpected(size.error());
    }
    return total;
}

// What precedes the data set, then the data set inflated.
Result<std::vector<std::uint8_t>> inflated(Bytes file, std::size_t datasetOffset) {
    const Bytes stream = file.subspan(datasetOffset);
    const auto size = inflatedSize(stream, file.size());
    if (!size)
        return tl::unexpected(size.error());
    std::vector<std::uint8_t> bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(datasetOffset));
    bytes.resize(datasetOffset + static_cast<std::size_t>(*size));
    std::size_t got = 0;
    if (!Inflater(stream).next(bytes.data() + datasetOffset, static_cast<std::size_t>(*size), got) ||
        got != *size)
        return damagedStream("it is corrupt");
    return bytes;
}

Result<DicomItem> readItem(Bytes file, DicomStructure structure, DicomEncoding encoding) {
    auto attributes = DicomAttributes::read(file, structure, encoding);
    if (!attributes)
        return tl::unexpected(attributes.error());
    return DicomItem{std::move(structure), encoding, std::move(*attributes)};
}

} // namespace

Result<DicomParts> takeDicomApart(Bytes file) {
    auto meta = readDicomMeta(file);
    if (!meta)
        return tl::unexpected(meta.error());
    auto syntax = dicomSyntax(*meta);
    if (!syntax)
        return tl::unexpected(syntax.error());
    std::vector<std::uint8_t> storage;
    if (syntax->deflated) {
        auto bytes = inflated(file, meta->datasetOffset);
        if (!bytes)
            return tl::unexpected(bytes.error());
        storage = std::move(*bytes);
        file = storage;
    }
    auto structure = scanDicomDataset(file, meta->datasetOffset, syntax->encoding);
    if (!structure)
        return tl::unexpected(structure.error());
    auto dataset = readItem(file, std::move(*structure), syntax->encoding);
    if (!dataset)
        return tl::unexpected(dataset.error());
    return DicomParts{std::move(storage), file, std::move(*meta), std::move(*syntax), std::move(*dataset)};
}

Result<std::vector<DicomItem>> readItems(Bytes file, const DicomItem& parent, DicomTag sequence,
                                         std::size_t first, std::size_t most) {
    std::vector<DicomItem> items;
    const DicomElement* element = parent.structure.find(sequence);
    if (element == nullptr)
        return items;
    auto structures = scanDicomItems(file, *element, parent.encoding);
    if (!structures)
        return tl::unexpected(structures.error());
    for (std::size_t i = first; i < structures->size() && i - first < most; ++i) {
        auto item = readItem(file, std::move((*structures)[i]), encodingInside(*element, parent.encoding));
        if (!item)
            return tl::unexpected(item.error());
        items.push_back(std::move(*item));
    }
    return items;
}

Result<std::optional<DicomItem>> readFrameMacro(Bytes file, const DicomItem& dataset, DicomTag macro,
                                                std::size_t frame) {
    constexpr DicomTag kPerFrame{0x5200, 0x9230};
    constexpr DicomTag kShared{0x5200, 0x9229};
    for (const auto& [sequence, index] : {std::pair{kPerFrame, frame}, std::pair{kShared, std::size_t{0}}}) {
        const auto groups = readItems(file, dataset, sequence, index, 1);
        if (!groups)
            return tl::unexpected(groups.error());
        if (groups->empty())
            continue;
        auto items = readItems(file, groups->front(), macro, 0, 1);
        if (!items)
            return tl::unexpected(items.error());
        if (!items->empty())
            return std::optional(std::move(items->front()));
    }
    return std::optional<DicomItem>();
}

} // namespace hilum
