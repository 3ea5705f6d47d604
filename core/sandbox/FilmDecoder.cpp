#include "core/sandbox/FilmDecoder.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "core/image/RadiographReader.h"
#include "core/storage/ProgramFolder.h"

#ifdef __linux__
#include <fcntl.h>
#include <sys/stat.h>

#include "core/sandbox/DecoderProcess.h"
#endif

namespace hilum {

namespace fs = std::filesystem;

fs::path decoderProgram() {
    const char* fromEnvironment = std::getenv("HILUM_DECODER");
    return fromEnvironment != nullptr ? fs::path(fromEnvironment) : programFolder() / "hilum-decoder";
}

#ifdef __linux__

namespace {

constexpr std::size_t kKeptReady = 2;
constexpr int kStartAttempts = 20; // of helpers that somebody else kills before they are ready

std::string nameOf(const fs::path& file) {
    const auto utf8 = file.u8string();
    return {utf8.begin(), utf8.end()};
}

struct OpenFile {
    FileDescriptor descriptor;
    long long bytes = 0;
};

// Errors: as readRadiograph(). FIFOs and devices are refused without being opened.
Result<OpenFile> openFile(const fs::path& file) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (status.type() == fs::file_type::not_found)
        return fail(ErrorCode::NotFound, "The file does not exist.", nameOf(file));
    if (error)
        return fail(ErrorCode::NotReadable, "The file cannot be looked at: " + error.message() + ".",
                    nameOf(file));
    OpenFile open;
    struct stat opened {};
    if (status.type() == fs::file_type::regular) // a FIFO in its place, a moment later, does not block either
        open.descriptor = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (status.type() != fs::file_type::regular ||
        (open.descriptor.isOpen() && ::fstat(open.descriptor.get(), &opened) == 0 &&
         !S_ISREG(opened.st_mode)))
        return fail(ErrorCode::NotReadable, "This is not a regular file.", nameOf(file));
    if (!open.descriptor.isOpen())
        return fail(ErrorCode::NotReadable, "The file cannot be opened.", nameOf(file));
    open.bytes = opened.st_size;
    if (open.bytes > kMaxFileBytes)
        return fail(ErrorCode::TooLarge,
                    "The file is larger than " + std::to_string(kMaxFileBytes / (1024 * 1024)) + " MB.",
                    nameOf(file));
    return open;
}

} // namespace

// The helpers that nobody asks at the moment. Thread-safe.
class FilmDecoder::Pool {
public:
    using Process = std::unique_ptr<DecoderProcess>;
    enum class Which { Any, Fresh }; // Fresh: it has read no film yet

    explicit Pool(fs::path program) : m_program(std::move(program)) { startOne(); }

    // A helper that is ready. Errors: Cancelled, OutOfMemory, Internal (none can be started).
    Result<Process> take(Which which, const std::stop_token& stop) {
        for (int attempt = 0; attempt < kStartAttempts && !stop.stop_requested(); ++attempt) {
            Result<Process> process = idleOrNew(which);
            if (!process)
                return failed(std::move(process.error()));
            switch ((*process)->waitUntilReady(stop)) {
            case DecoderProcess::Start::Ready:
                m_hasStarted = true;
                return process;
            case DecoderProcess::Start::Killed:
                giveBack(std::move(*process));
                break;
            case DecoderProcess::Start::Failed:
                return failed(
                    {ErrorCode::Internal, "The film decoder cannot be started: it ends by itself.", {}});
            }
        }
        if (stop.stop_requested())
            return fail(ErrorCode::Cancelled, "Reading was stopped.");
        return failed({ErrorCode::Internal, "The film decoder is killed whenever it starts.", {}});
    }

    // For another film. In the place of a dead one others are started, so that the next film finds one ready
    // even where it comes soon: stepping through films quickly ends a helper with every step.
    void giveBack(Process process) {
        const std::lock_guard lock(m_mutex);
        std::erase_if(m_ending, [](const Process& ending) { return ending->isGone(); });
        if (process->isAlive()) {
            m_idle.push_back(std::move(process));
            return;
        }
        process->kill();
        m_ending.push_back(std::move(process));
        for (std::size_t ready = m_idle.size(); ready < kKeptReady; ++ready)
            startOne();
    }

    // No helper was ever ready; none is tried any more.
    [[nodiscard]] bool isUseless() const { return m_isUseless; }

private:
    const fs::path m_program;
    std::mutex m_mutex; // for the two lists
    std::vector<Process> m_idle;
    std::vector<Process> m_ending; // killed, perhaps not gone yet
    std::atomic<bool> m_hasStarted = false;
    std::atomic<bool> m_isUseless = false;

    // Where it fails, the next film is told.
    void startOne() {
        if (Result<Process> process = DecoderProcess::start(m_program))
            m_idle.push_back(std::move(*process));
    }
    Result<Process> idleOrNew(Which which) {
        const std::lock_guard lock(m_mutex);
        const auto found = std::ranges::find_if(
            m_idle, [which](const Process& process) { return which == Which::Any || process->isFresh(); });
        if (found == m_idle.end())
            return DecoderProcess::start(m_program);
        Process process = std::move(*found);
        m_idle.erase(found);
        return process;
    }
    tl::unexpected<Error> failed(Error error) {
        if (!m_hasStarted)
            m_isUseless = true;
        return tl::unexpected<Error>(std::move(error));
    }
};

FilmDecoder::FilmDecoder(Options options)
    : m_options(std::move(options)), m_pool(std::make_unique<Pool>(m_options.program)) {}

std::string FilmDecoder::problem() {
    Result<Pool::Process> process = m_pool->take(Pool::Which::Any, {});
    if (process)
        m_pool->giveBack(std::move(*process));
    return m_pool->isUseless() ? process.error().message + " Films are read within this program."
                               : std::string();
}

Result<Radiograph> FilmDecoder::read(const fs::path& file, std::stop_token stop, const ReadOptions& options) {
    if (m_pool->isUseless())
        return readRadiograph(file, std::move(stop), options);
    const Result<OpenFile> open = openFile(file);
    if (!open)
        return tl::unexpected(open.error());
    Result<Radiograph> film = decode(open->descriptor.get(), open->bytes, options, stop);
    if (film)
        film->source.file = file;
    else if (m_pool->isUseless())
        return readRadiograph(file, std::move(stop), options);
    else
        film.error().context = nameOf(file);
    return film;
}

// No film is blamed for what the one before may have broken, nor for whoever kills processes: it is given to
// a second, fresh helper.
Result<Radiograph> FilmDecoder::decode(int file, long long bytes, const ReadOptions& options,
                                       const std::stop_token& stop) {
    const auto timeLimit = m_options.timeLimit + m_options.timePerMegabyte * (bytes >> 20);
    for (const auto which : {Pool::Which::Any, Pool::Which::Fresh}) {
        Result<Pool::Process> process = m_pool->take(which, stop);
        if (!process)
            return tl::unexpected(std::move(process.error()));
        Result<Radiograph> film = (*process)->decode(file, options, timeLimit, stop);
        const bool again = which == Pool::Which::Any && !film &&
                           film.error().code == ErrorCode::DecoderStopped && !(*process)->wasOverdue();
        m_pool->giveBack(std::move(*process));
        if (!again)
            return film;
    }
    return fail(ErrorCode::Internal, "The film decoder cannot be asked."); // not reached
}

#else

class FilmDecoder::Pool {};

FilmDecoder::FilmDecoder(Options options) : m_options(std::move(options)) {}

std::string FilmDecoder::problem() {
    return "The film decoder is not available on this system. Films are read within this program.";
}

Result<Radiograph> FilmDecoder::read(const fs::path& file, std::stop_token stop, const ReadOptions& options) {
    return readRadiograph(file, std::move(stop), options);
}

#endif

FilmDecoder::FilmDecoder() : FilmDecoder(Options()) {}

FilmDecoder::~FilmDecoder() = default;

} // namespace hilum
