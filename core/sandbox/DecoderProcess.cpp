#include "core/sandbox/DecoderProcess.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/domain/GlibcTunables.h"
#include "core/image/RadiographReader.h"
#include "core/sandbox/DescriptorMessage.h"
#include "core/sandbox/FilmMessage.h"

extern char** environ;

namespace hilum {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kStartLimit = 30s; // from a cold disk
constexpr auto kEndLimit = 5s;    // from SIGKILL until the system tells how a process ended
constexpr int kWallFactor = 4;    // time on the wall for every second of processor time

tl::unexpected<Error> cannotStart(int systemError) {
    return fail(systemError == ENOMEM || systemError == EAGAIN ? ErrorCode::OutOfMemory : ErrorCode::Internal,
                "The film decoder cannot be started: " + std::generic_category().message(systemError) + ".");
}

// This program's environment, with the C library's memory in large pages (glibc 2.35 or later): every film
// takes new memory, and page faults are dear on virtual machines.
std::vector<std::string> helperEnvironment() {
    const std::string variable = std::string(kTunablesVariable) + "=";
    const std::string_view wanted(kLargePages), name = wanted.substr(0, wanted.find('='));
    std::vector<std::string> entries;
    std::string tunables = variable;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (std::string_view(*entry).starts_with(variable))
            tunables = std::string(*entry) + ":";
        else
            entries.emplace_back(*entry);
    }
    if (tunables.find(name) == std::string::npos)
        tunables += wanted;
    entries.push_back(tunables);
    return entries;
}

// The helper gets its socket and nothing else; it is no part of the terminal's foreground group, so that
// Ctrl-C is this program's business alone.
int spawn(const std::filesystem::path& program, int socket, pid_t& process) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, socket, kDecoderSocket);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
#ifndef __SANITIZE_ADDRESS__ // whose reports come there
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
#endif
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::string name = program.string();
    char* arguments[] = {name.data(), nullptr};
    std::vector<std::string> entries = helperEnvironment();
    std::vector<char*> environment;
    for (std::string& entry : entries)
        environment.push_back(entry.data());
    environment.push_back(nullptr);
    const int error =
        ::posix_spawn(&process, name.c_str(), &actions, &attributes, arguments, environment.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

bool wasKilled(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

std::string reasonOf(int status) {
    if (wasKilled(status))
        return "it was killed";
    if (!WIFSIGNALED(status))
        return "it ended by itself";
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return std::string("crash, SIG") + (name == nullptr ? "?" : name);
}

tl::unexpected<Error> decoderStopped(const std::string& reason) {
    return fail(ErrorCode::DecoderStopped, "The file made the decoder stop (" + reason + ").");
}

// What a decoder may say about a file. Everything else is this program's to say, and has consequences.
bool isOfAFile(ErrorCode code) {
    return code == ErrorCode::UnsupportedFormat || code == ErrorCode::Damaged ||
           code == ErrorCode::TooLarge || code == ErrorCode::InvalidArgument ||
           code == ErrorCode::DecoderStopped || code == ErrorCode::Internal;
}

using AnswerBytes = std::shared_ptr<const void>;

// Null: it is of another size. Throws std::bad_alloc.
AnswerBytes mapped(const FileDescriptor& sealed, std::size_t bytes) {
    struct stat status {};
    if (bytes == 0 || ::fstat(sealed.get(), &status) != 0 ||
        static_cast<std::uint64_t>(status.st_size) != bytes)
        return nullptr;
    // Private, for older kernels refuse a shared mapping of sealed memory; nothing is copied either way.
    // Populated, for a page fault each is dear on virtual machines.
    void* address = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, sealed.get(), 0);
    if (address == MAP_FAILED)
        throw std::bad_alloc();
    return {address, [bytes](const void* start) { ::munmap(const_cast<void*>(start), bytes); }};
}

// Null: there is less. Throws std::bad_alloc.
AnswerBytes copied(const FileDescriptor& memory, std::size_t bytes) {
    const auto copy = std::make_shared_for_overwrite<std::uint16_t[]>((bytes + 1) / sizeof(std::uint16_t));
    auto* start = reinterpret_cast<std::uint8_t*>(copy.get());
    for (std::size_t done = 0; done < bytes;) {
        const ssize_t count = ::pread(memory.get(), start + done, bytes - done, static_cast<off_t>(done));
        if (count == 0 || (count < 0 && errno != EINTR))
            return nullptr;
        done += count < 0 ? 0 : static_cast<std::size_t>(count);
    }
    return copy;
}

// Null: this is no memfd, on which reading might wait, or not of this size. Throws std::bad_alloc.
AnswerBytes bytesIn(const FileDescriptor& memory, std::size_t bytes) {
    const int seals = ::fcntl(memory.get(), F_GET_SEALS);
    if (seals < 0)
        return nullptr;
    return (static_cast<unsigned>(seals) & kEverySeal) == kEverySeal ? mapped(memory, bytes)
                                                                     : copied(memory, bytes);
}

} // namespace

DecoderProcess::DecoderProcess(int process, FileDescriptor socket)
    : m_process(process), m_socket(std::move(socket)) {}

Result<std::unique_ptr<DecoderProcess>> DecoderProcess::start(const std::filesystem::path& program) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return cannotStart(errno);
    FileDescriptor ours(pair[0]);
    const FileDescriptor theirs(pair[1]);
    pid_t process = -1;
    if (const int error = spawn(program, theirs.get(), process); error != 0)
        return cannotStart(error);
    return std::unique_ptr<DecoderProcess>(new DecoderProcess(process, std::move(ours)));
}

DecoderProcess::~DecoderProcess() {
    kill();
    endStatus();
}

void DecoderProcess::kill() const {
    if (m_process >= 0)
        ::kill(m_process, SIGKILL);
}

bool DecoderProcess::isGone() {
    if (m_process >= 0 && ::waitpid(m_process, nullptr, WNOHANG) != 0)
        m_process = -1;
    return m_process < 0;
}

std::optional<int> DecoderProcess::endStatus() {
    const auto deadline = Clock::now() + kEndLimit;
    int status = 0;
    for (auto pause = 100us; m_process >= 0; pause = std::min(2 * pause, 10000us)) {
        if (::waitpid(m_process, &status, WNOHANG) != 0) {
            m_process = -1;
            return status;
        }
        if (Clock::now() > deadline)
            break;
        std::this_thread::sleep_for(pause);
    }
    return std::nullopt;
}

template <class Answer>
bool DecoderProcess::receive(Answer& answer, FileDescriptor& descriptor, const Limit& limit) {
    pollfd waiting{m_socket.get(), POLLIN, 0};
    while (true) {
        const Milliseconds timeout = std::min(left(limit), Milliseconds(1h));
        m_wasOverdue = timeout <= 0ms;
        const int ready = ::poll(&waiting, 1, std::max(0, static_cast<int>(timeout.count())));
        if (ready > 0)
            return receiveMessage(m_socket.get(), &answer, sizeof answer, descriptor);
        if (m_wasOverdue || (ready < 0 && errno != EINTR))
            return false;
    }
}

std::optional<std::chrono::nanoseconds> DecoderProcess::processorTime() const {
    clockid_t clock{};
    timespec time{};
    if (m_process < 0 || ::clock_getcpuclockid(m_process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return std::nullopt;
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

DecoderProcess::Milliseconds DecoderProcess::left(const Limit& limit) const {
    std::chrono::nanoseconds left = limit.wall - Clock::now();
    if (limit.processor)
        left = std::min(left, *limit.processor - processorTime().value_or(0ns));
    return std::chrono::ceil<Milliseconds>(left);
}

DecoderProcess::Start DecoderProcess::waitUntilReady(const std::stop_token& stop) {
    if (m_isReady)
        return Start::Ready;
    DecoderHello hello{};
    FileDescriptor none;
    bool isTold = false;
    {
        const std::stop_callback onStop(stop, [this] { kill(); });
        isTold = receive(hello, none, {Clock::now() + kStartLimit, std::nullopt});
    }
    m_isReady = isTold && hello.protocol == kDecoderProtocol;
    if (m_isReady)
        return Start::Ready;
    m_alive = false;
    if (isTold || m_wasOverdue)
        return Start::Failed;
    const std::optional<int> status = endStatus();
    return status && wasKilled(*status) ? Start::Killed : Start::Failed;
}

Result<Radiograph> DecoderProcess::decode(int file, const ReadOptions& options, Milliseconds timeLimit,
                                          const std::stop_token& stop) {
    const DecodeRequest request{options.frame};
    Limit limit{Clock::now() + kWallFactor * timeLimit, processorTime()};
    if (limit.processor)
        *limit.processor += timeLimit;
    DecodeReply reply{};
    FileDescriptor memory;
    m_isFresh = false;
    {
        const std::stop_callback onStop(stop, [this] { kill(); });
        m_alive =
            sendMessage(m_socket.get(), &request, sizeof request, file) && receive(reply, memory, limit);
    }
    if (m_alive) {
        auto film = filmFrom(reply, memory);
        if (stop.stop_requested() || (!film && film.error().code == ErrorCode::DecoderStopped))
            m_alive = false;
        return film;
    }
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    if (m_wasOverdue)
        return decoderStopped("time limit of " + std::to_string(timeLimit.count() / 1000) + " s");
    const std::optional<int> status = endStatus();
    return decoderStopped(status ? reasonOf(*status) : "it does not answer");
}

Result<Radiograph> DecoderProcess::nonsense() {
    m_alive = false;
    return decoderStopped("its answer makes no sense");
}

Result<Radiograph> DecoderProcess::filmFrom(const DecodeReply& reply, const FileDescriptor& memory) {
    constexpr auto kMostPixels = static_cast<std::uint64_t>(kMaxFilmPixels);
    if (reply.pixelCount > kMostPixels || reply.descriptionBytes > kMaxDescriptionBytes)
        return nonsense();
    const std::size_t pixelBytes = reply.pixelCount * sizeof(std::uint16_t);
    const std::size_t bytes = pixelBytes + reply.descriptionBytes;
    try {
        const AnswerBytes answer = bytesIn(memory, bytes);
        if (!answer)
            return nonsense();
        const std::span<const std::uint16_t> pixels(static_cast<const std::uint16_t*>(answer.get()),
                                                    reply.pixelCount);
        const auto* description = static_cast<const std::uint8_t*>(answer.get()) + pixelBytes;
        auto film = resultFrom({description, reply.descriptionBytes}, SharedPixels(answer, pixels));
        return film && (*film || isOfAFile(film->error().code)) ? std::move(*film) : nonsense();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough memory to read the file.");
    }
}

} // namespace hilum
