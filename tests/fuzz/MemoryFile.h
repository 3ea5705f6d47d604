// An input as a file in memory, for readers that take a path. Linux.
#pragma once

#include <filesystem>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/FuzzInput.h"

namespace hilum::test {

class MemoryFile {
public:
    MemoryFile(const std::uint8_t* data, std::size_t size) : m_descriptor(::memfd_create("input", 0)) {
        require(m_descriptor >= 0 && ::write(m_descriptor, data, size) == static_cast<ssize_t>(size));
    }
    ~MemoryFile() { ::close(m_descriptor); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    [[nodiscard]] std::filesystem::path path() const {
        return "/proc/self/fd/" + std::to_string(m_descriptor);
    }

private:
    int m_descriptor;
};

} // namespace hilum::test
