#include "core/network/StoredZip.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

namespace hilum {
namespace {

static_assert(std::endian::native == std::endian::little, "zip files are little-endian");

constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kCentralBytes = 46;
constexpr std::size_t kLocalBytes = 30;
constexpr std::size_t kMostCommentBytes = 65535;
constexpr std::uint64_t kMostDirectoryBytes = 16 << 20;
constexpr unsigned kEncrypted = 1;

template <class T>
T numberAt(std::string_view bytes, std::size_t offset) {
    T number;
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}

tl::unexpected<Error> bad(std::string reason) {
    return fail(ErrorCode::BadModelFile, "Not a valid zip file of weights: " + std::move(reason) + ".");
}

std::string shown(std::string_view name) {
    std::string text;
    for (const char c : name.substr(0, 100))
        text += c >= ' ' && c <= '~' ? c : '?';
    return "'" + text + "'";
}

Result<std::string> bytesAt(std::istream& file, std::uint64_t offset, std::size_t count) {
    std::string bytes(count, '\0');
    file.clear();
    if (!file.seekg(static_cast<std::streamoff>(offset)) ||
        !file.read(bytes.data(), static_cast<std::streamsize>(count)))
        return fail(ErrorCode::NotReadable, "The file cannot be read.");
    return bytes;
}

bool isPlainName(std::string_view name) {
    if (name.empty() || name.front() == '/' || name.find_first_of(std::string_view("\\:\0", 3)) != name.npos)
        return false;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        if (name.substr(begin, end - begin) == "..")
            return false;
        begin = end + 1;
    }
    return true;
}

struct Directory {
    std::uint64_t offset = 0;
    std::string bytes;
    std::size_t entries = 0;
};

Result<Directory> readDirectory(std::istream& file, std::uint64_t fileBytes) {
    const auto tailBytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(fileBytes, kEndBytes + kMostCommentBytes));
    Result<std::string> tail = bytesAt(file, fileBytes - tailBytes, tailBytes);
    if (!tail)
        return tl::unexpected(tail.error());
    const std::size_t at = tail->rfind("PK\x05\x06");
    if (at == std::string::npos || tail->size() - at < kEndBytes)
        return bad("it has no table of contents; it may be cut short");
    const auto entries = numberAt<std::uint16_t>(*tail, at + 10);
    const std::uint64_t bytes = numberAt<std::uint32_t>(*tail, at + 12);
    const std::uint64_t offset = numberAt<std::uint32_t>(*tail, at + 16);
    if (numberAt<std::uint16_t>(*tail, at + 8) != entries || offset > fileBytes || bytes > fileBytes - offset)
        return bad("its table of contents lies outside the file");
    if (bytes > kMostDirectoryBytes)
        return fail(ErrorCode::TooLarge, "The zip file's table of contents is larger than 16 MB.");
    Result<std::string> directory = bytesAt(file, offset, static_cast<std::size_t>(bytes));
    if (!directory)
        return tl::unexpected(directory.error());
    return Directory{offset, std::move(*directory), entries};
}

// The content begins behind the local header, whose length only that header tells.
Result<std::uint64_t> contentOffset(std::istream& file, std::uint64_t header, const Directory& directory,
                                    const std::string& name) {
    if (header > directory.offset || directory.offset - header < kLocalBytes)
        return bad("entry " + shown(name) + " lies outside the file");
    Result<std::string> local = bytesAt(file, header, kLocalBytes);
    if (!local)
        return tl::unexpected(local.error());
    if (!local->starts_with("PK\x03\x04"))
        return bad("entry " + shown(name) + " has no header");
    return header + kLocalBytes + numberAt<std::uint16_t>(*local, 26) + numberAt<std::uint16_t>(*local, 28);
}

Result<ZipEntry> readEntry(std::istream& file, const Directory& directory, std::size_t& at) {
    const std::string_view bytes = directory.bytes;
    if (bytes.size() - at < kCentralBytes || !bytes.substr(at).starts_with("PK\x01\x02"))
        return bad("its table of contents is damaged");
    const std::size_t nameBytes = numberAt<std::uint16_t>(bytes, at + 28);
    const std::size_t length = kCentralBytes + nameBytes + numberAt<std::uint16_t>(bytes, at + 30) +
                               numberAt<std::uint16_t>(bytes, at + 32);
    if (bytes.size() - at < length)
        return bad("its table of contents is damaged");
    ZipEntry entry{std::string(bytes.substr(at + kCentralBytes, nameBytes)), 0,
                   numberAt<std::uint32_t>(bytes, at + 24), numberAt<std::uint32_t>(bytes, at + 16)};
    if (!isPlainName(entry.name))
        return bad("the name of entry " + shown(entry.name) + " leads out of the archive");
    if ((numberAt<std::uint16_t>(bytes, at + 8) & kEncrypted) != 0 ||
        numberAt<std::uint16_t>(bytes, at + 10) != 0 ||
        numberAt<std::uint32_t>(bytes, at + 20) != entry.bytes)
        return bad(
            "entry " + shown(entry.name) +
            " is compressed or encrypted, which torch.save() never does; of a TorchScript program, save "
            "the state_dict()");
    const Result<std::uint64_t> offset =
        contentOffset(file, numberAt<std::uint32_t>(bytes, at + 42), directory, entry.name);
    if (!offset)
        return tl::unexpected(offset.error());
    if (*offset > directory.offset || entry.bytes > directory.offset - *offset)
        return bad("entry " + shown(entry.name) + " is longer than the file");
    entry.offset = *offset;
    at += length;
    return entry;
}

// Two entries that share bytes, or nothing.
const ZipEntry* findOverlap(const std::vector<ZipEntry>& entries) {
    std::vector<const ZipEntry*> inOrder;
    for (const ZipEntry& entry : entries)
        inOrder.push_back(&entry);
    std::ranges::sort(inOrder, {}, &ZipEntry::offset);
    for (std::size_t i = 1; i < inOrder.size(); ++i) {
        if (inOrder[i]->offset < inOrder[i - 1]->offset + inOrder[i - 1]->bytes)
            return inOrder[i];
    }
    return nullptr;
}

} // namespace

Result<std::vector<ZipEntry>> readStoredZip(std::istream& file, std::uint64_t fileBytes) {
    if (fileBytes >= std::numeric_limits<std::uint32_t>::max())
        return fail(ErrorCode::TooLarge, "The zip file is larger than 4 GB.");
    const Result<Directory> directory = readDirectory(file, fileBytes);
    if (!directory)
        return tl::unexpected(directory.error());
    std::vector<ZipEntry> entries;
    std::size_t at = 0;
    for (std::size_t i = 0; i < directory->entries; ++i) {
        Result<ZipEntry> entry = readEntry(file, *directory, at);
        if (!entry)
            return tl::unexpected(entry.error());
        entries.push_back(std::move(*entry));
    }
    if (const ZipEntry* overlap = findOverlap(entries))
        return bad("entry " + shown(overlap->name) + " overlaps another one");
    return entries;
}

} // namespace hilum
