// A TIFF in memory, as libtiff's callbacks see it, for reading and writing. Internal.
#pragma once

#include <cstdint>
#include <cstdio>

#include <tiffio.h>

namespace hilum {

// lseek() over bytes in memory.
inline toff_t seekInMemory(std::uint64_t& position, std::uint64_t size, toff_t offset, int whence) {
    position = whence == SEEK_SET ? offset : whence == SEEK_CUR ? position + offset : size + offset;
    return position;
}

extern "C" inline int closeNoTiffFile(thandle_t) { return 0; }

} // namespace hilum
