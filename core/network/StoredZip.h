// The table of contents of a zip file whose entries are stored, not compressed (APPNOTE.TXT of PKWARE), as
// torch.save() writes it. Nothing is unpacked: an entry is a range of the file. Without compression there is
// no zip bomb, and without overlaps the entries together are no larger than the file.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "core/domain/Result.h"

namespace hilum {

struct ZipEntry {
    std::string name;
    std::uint64_t offset = 0; // of the content
    std::uint64_t bytes = 0;
    std::uint32_t crc32 = 0;
};

// Every range lies inside the file, and no two overlap. Files above 4 GB, encrypted or compressed entries,
// absolute names and names with ".." are refused. Errors: NotReadable, BadModelFile (naming the entry),
// TooLarge.
Result<std::vector<ZipEntry>> readStoredZip(std::istream& file, std::uint64_t fileBytes);

} // namespace hilum
