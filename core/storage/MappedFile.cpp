#include "core/storage/MappedFile.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace hilum {
namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::byte>;

tl::unexpected<Error> unreadable(const fs::path& file) {
    return fail(ErrorCode::NotReadable, "The file cannot be opened.", file.string());
}

#ifdef _WIN32

Result<Bytes> mapped(const fs::path& file) {
    const HANDLE handle = CreateFileW(file.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                      FILE_ATTRIBUTE_NORMAL, nullptr);
    LARGE_INTEGER size{};
    if (handle == INVALID_HANDLE_VALUE)
        return unreadable(file);
    const bool known = GetFileSizeEx(handle, &size) != 0;
    const HANDLE mapping = known && size.QuadPart > 0
                               ? CreateFileMappingW(handle, nullptr, PAGE_READONLY, 0, 0, nullptr)
                               : nullptr;
    CloseHandle(handle);
    if (known && size.QuadPart == 0)
        return Bytes();
    const void* start = mapping == nullptr ? nullptr : MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    if (mapping != nullptr)
        CloseHandle(mapping);
    if (start == nullptr)
        return unreadable(file);
    return Bytes(static_cast<const std::byte*>(start), static_cast<std::size_t>(size.QuadPart));
}

void unmap(Bytes bytes) { UnmapViewOfFile(bytes.data()); }

#else

Result<Bytes> mapped(const fs::path& file) {
    // Never waits for a pipe's writer.
    const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (handle < 0)
        return unreadable(file);
    struct stat status {};
    const bool isFile = ::fstat(handle, &status) == 0 && S_ISREG(status.st_mode);
    const auto size = static_cast<std::size_t>(status.st_size);
    void* start = isFile && size > 0 ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, handle, 0) : MAP_FAILED;
    ::close(handle);
    if (!isFile)
        return fail(ErrorCode::NotReadable, "This is not a file.", file.string());
    if (size == 0)
        return Bytes();
    if (start == MAP_FAILED)
        return unreadable(file);
    return Bytes(static_cast<const std::byte*>(start), size);
}

void unmap(Bytes bytes) { ::munmap(const_cast<std::byte*>(bytes.data()), bytes.size()); }

#endif

} // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error))
        return fail(ErrorCode::NotFound, "The file does not exist.", file.string());
    if (!fs::is_regular_file(file, error))
        return fail(ErrorCode::NotReadable, "This is not a file.", file.string());
    return mapped(file).map(
        [](Bytes bytes) { return std::shared_ptr<const MappedFile>(new MappedFile(bytes)); });
}

MappedFile::~MappedFile() {
    if (!m_bytes.empty())
        unmap(m_bytes);
}

} // namespace hilum
