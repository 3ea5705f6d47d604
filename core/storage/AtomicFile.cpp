#include "core/storage/AtomicFile.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include <openssl/evp.h>

#ifdef _WIN32
#include <io.h>
#include <process.h>
#else
#include <fcntl.h>
#include <unistd.h>
#endif

namespace hilum {
namespace {

namespace fs = std::filesystem;

long processId() {
#ifdef _WIN32
    return _getpid();
#else
    return static_cast<long>(::getpid());
#endif
}

bool syncToDisk(std::FILE* stream) {
    if (std::fflush(stream) != 0)
        return false;
#ifdef _WIN32
    return _commit(_fileno(stream)) == 0;
#else
    return ::fsync(::fileno(stream)) == 0;
#endif
}

// The rename itself must reach the disk too. Windows has no such call, and needs none.
void syncFolder([[maybe_unused]] const fs::path& folder) {
#ifndef _WIN32
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        ::fsync(descriptor);
        ::close(descriptor);
    }
#endif
}

tl::unexpected<Error> notWritable(const fs::path& file, int systemError) {
    return fail(ErrorCode::NotWritable,
                "The file cannot be written: " + std::generic_category().message(systemError) + ".",
                file.string());
}

class Sha256 {
public:
    Sha256() : m_context(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        EVP_DigestInit_ex(m_context.get(), EVP_sha256(), nullptr);
    }
    void add(const char* bytes, std::size_t count) { EVP_DigestUpdate(m_context.get(), bytes, count); }
    std::string hexadecimal() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned int length = 0;
        EVP_DigestFinal_ex(m_context.get(), digest.data(), &length);
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::string text;
        for (unsigned int i = 0; i < length; ++i) {
            text += kDigits[digest[i] >> 4];
            text += kDigits[digest[i] & 15];
        }
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> m_context;
};

} // namespace

Result<void> writeFileAtomically(const fs::path& file, std::span<const std::string_view> parts) {
    fs::path temporary = file;
    temporary += "." + std::to_string(processId()) + ".tmp";
    std::FILE* stream = std::fopen(temporary.string().c_str(), "wb");
    if (stream == nullptr)
        return notWritable(file, errno);
    bool written = true;
    for (const std::string_view part : parts)
        written = written && std::fwrite(part.data(), 1, part.size(), stream) == part.size();
    written = written && syncToDisk(stream);
    int systemError = errno;
    if (std::fclose(stream) != 0 && written) {
        systemError = errno;
        written = false;
    }
    std::error_code renameError;
    if (written)
        fs::rename(temporary, file, renameError);
    if (!written || renameError) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        return notWritable(file, written ? renameError.value() : systemError);
    }
    syncFolder(file.parent_path());
    return {};
}

Result<void> writeFileAtomically(const fs::path& file, std::string_view bytes) {
    return writeFileAtomically(file, std::span(&bytes, 1));
}

Result<std::string> sha256OfFile(const fs::path& file) {
    std::error_code error;
    if (!fs::exists(file, error))
        return fail(ErrorCode::NotFound, "The file does not exist.", file.string());
    std::ifstream stream(file, std::ios::binary);
    Sha256 hash;
    std::vector<char> buffer(1 << 20);
    while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || stream.gcount() > 0)
        hash.add(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    if (!stream.eof())
        return fail(ErrorCode::NotReadable, "The file cannot be read.", file.string());
    return hash.hexadecimal();
}

std::string sha256Of(std::string_view bytes) {
    Sha256 hash;
    hash.add(bytes.data(), bytes.size());
    return hash.hexadecimal();
}

std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it with a NUL
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

} // namespace hilum
