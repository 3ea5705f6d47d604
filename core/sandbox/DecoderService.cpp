#include "core/sandbox/DecoderService.h"

#include <csignal>
#include <new>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/sandbox/DecoderProtocol.h"
#include "core/sandbox/DescriptorMessage.h"
#include "core/sandbox/FilmMessage.h"
#include "core/sandbox/Rights.h"

namespace hilum {
namespace {

// Somebody who waits for a message learns from the socket that the other side is gone; a decoder that is busy
// looks every second. (PR_SET_PDEATHSIG would end the helper with the thread that started it.)
pid_t parentProcess = 0;

extern "C" void endWithParent(int) {
    if (::getppid() != parentProcess)
        ::_exit(0);
}

void watchParent() {
    parentProcess = ::getppid();
    struct sigaction action {};
    action.sa_handler = endWithParent;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, nullptr);
}

class Watch {
public:
    Watch() { set(1); }
    ~Watch() { set(0); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

private:
    static void set(time_t seconds) {
        const itimerval timer{{seconds, 0}, {seconds, 0}};
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }
};

// A file's bytes, mapped. One that shrinks meanwhile ends the process: that is what it is there for.
class MappedFile {
public:
    explicit MappedFile(const FileDescriptor& file) {
        struct stat status {};
        if (::fstat(file.get(), &status) != 0 || status.st_size <= 0)
            return;
        m_bytes = static_cast<std::size_t>(status.st_size);
        m_address = ::mmap(nullptr, m_bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
        if (m_address == MAP_FAILED)
            throw std::bad_alloc();
    }
    ~MappedFile() {
        if (m_bytes > 0 && m_address != MAP_FAILED)
            ::munmap(m_address, m_bytes);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::span<const std::uint8_t> bytes() const {
        return {static_cast<const std::uint8_t*>(m_address), m_bytes};
    }

private:
    void* m_address = nullptr;
    std::size_t m_bytes = 0;
};

Result<Radiograph> decoded(const DecodeFilm& decode, const FileDescriptor& file, const ReadOptions& options) {
    Result<Radiograph> film = fail(ErrorCode::OutOfMemory, {});
    try {
        const MappedFile mapped(file);
        film = decode(mapped.bytes(), options);
    } catch (const std::bad_alloc&) {
    }
    // Memory of which there is little for one film, not for the whole system.
    if (!film && film.error().code == ErrorCode::OutOfMemory)
        return fail(ErrorCode::DecoderStopped, "The file made the decoder stop (memory limit).");
    return film;
}

bool writeAll(const FileDescriptor& file, const void* data, std::size_t count) {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    while (count > 0) {
        const ssize_t written = ::write(file.get(), bytes, count);
        if (written <= 0)
            return false;
        bytes += written;
        count -= static_cast<std::size_t>(written);
    }
    return true;
}

// Answers one after the other. New memory for each can cost as much as decoding a film does, so that small
// ones are written over each other; large ones are sealed, so that nobody has to copy them.
class Answers {
public:
    // False: there is no memory, or nobody to tell.
    bool give(const Result<Radiograph>& film) {
        const std::vector<std::uint8_t> description = describeResult(film);
        const SharedPixels::Values pixels = film ? *film->pixels : SharedPixels::Values();
        const DecodeReply reply{pixels.size(), description.size()};
        const auto write = [&](const FileDescriptor& memory) {
            return memory.isOpen() && writeAll(memory, pixels.data(), pixels.size_bytes()) &&
                   writeAll(memory, description.data(), description.size());
        };
        if (pixels.size_bytes() + description.size() <= kSmallBytes)
            return ::lseek(m_memory.get(), 0, SEEK_SET) == 0 && write(m_memory) &&
                   sendMessage(kDecoderSocket, &reply, sizeof reply, m_memory.get());
        const FileDescriptor memory = newMemory();
        return write(memory) && ::fcntl(memory.get(), F_ADD_SEALS, kEverySeal) == 0 &&
               sendMessage(kDecoderSocket, &reply, sizeof reply, memory.get());
    }

private:
    static constexpr std::size_t kSmallBytes = std::size_t{8} << 20U;

    static FileDescriptor newMemory() {
        return FileDescriptor(::memfd_create("film", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    }

    FileDescriptor m_memory = newMemory();
};

bool isSocket(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

} // namespace

int serveFilms(const DecodeFilm& decode) {
    if (!isSocket(kDecoderSocket))
        return 2;
    watchParent();
    giveUpRights();
    const DecoderHello hello{};
    if (!sendMessage(kDecoderSocket, &hello, sizeof hello))
        return 0;
    Answers answers;
    while (true) {
        DecodeRequest request;
        FileDescriptor file;
        if (!receiveMessage(kDecoderSocket, &request, sizeof request, file) || !file.isOpen())
            return 0;
        const Watch watch;
        if (!answers.give(decoded(decode, file, {request.frame})))
            return 1;
    }
}

} // namespace hilum
