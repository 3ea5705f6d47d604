// A file's bytes in the address space, read when they are touched; nothing is copied.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "core/domain/Result.h"

namespace hilum {

// Immutable and thread-safe. The file must not be cut short while it is mapped; Hilum itself only ever
// replaces files as a whole (AtomicFile.h).
class MappedFile {
public:
    // Regular files only. Errors: NotFound, NotReadable.
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& file);

    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    [[nodiscard]] std::span<const std::byte> bytes() const { return m_bytes; }

private:
    explicit MappedFile(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    std::span<const std::byte> m_bytes;
};

} // namespace hilum
