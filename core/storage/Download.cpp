#include "core/storage/Download.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <curl/curl.h>

#include "core/storage/AtomicFile.h"

#ifdef _WIN32
#include <io.h>
#include <share.h>
#else
#include <sys/file.h>
#include <unistd.h>
#endif

namespace hilum {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int kMostFailures = 4;    // one after another, without a new byte
constexpr auto kFirstPause = 250ms; // then twice as long after each failure
constexpr long kConnectSeconds = 20;
constexpr long kSilentSeconds = 30;              // after which a connection counts as broken
constexpr curl_off_t kMostBytes = 2'000'000'000; // VGG19, the largest, has 575 MB
constexpr const char* kThisMachine = "127.0.0.1,localhost,[::1]";

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

// Null where another process is at it, or the folder cannot be written.
File openExclusively(const fs::path& file) {
#ifdef _WIN32
    return {_wfsopen(file.c_str(), L"ab", _SH_DENYWR), &std::fclose};
#else
    File opened(std::fopen(file.c_str(), "ab"), &std::fclose);
    if (opened && ::flock(::fileno(opened.get()), LOCK_EX | LOCK_NB) != 0)
        opened.reset();
    return opened;
#endif
}

bool truncated(std::FILE* file) {
    std::fflush(file);
#ifdef _WIN32
    return _chsize_s(_fileno(file), 0) == 0;
#else
    return ::ftruncate(::fileno(file), 0) == 0;
#endif
}

bool isOnThisMachine(const std::string& address) {
    for (const char* host : {"http://127.0.0.1:", "http://localhost:", "http://[::1]:"}) {
        if (address.starts_with(host))
            return true;
    }
    return false;
}

std::string hostOf(const std::string& address) {
    const std::size_t begin = address.find("://") + 3;
    return address.substr(begin, address.find('/', begin) - begin);
}

// One request, and what its callbacks need.
struct Transfer {
    CURL* handle = nullptr;
    std::FILE* file = nullptr;
    std::uint64_t have = 0; // bytes in the file
    bool begun = false;     // the first byte of this request has come
    bool diskFailed = false;
    const DownloadProgress* progress = nullptr;
    std::stop_token stop;
};

std::size_t onBytes(char* bytes, std::size_t, std::size_t count, void* context) {
    auto& transfer = *static_cast<Transfer*>(context);
    if (!transfer.begun) {
        transfer.begun = true;
        long status = 0;
        curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
        if (status != 206 && transfer.have > 0) { // the whole file again: this server knows no ranges
            transfer.have = 0;
            transfer.diskFailed = !truncated(transfer.file);
        }
    }
    transfer.diskFailed = transfer.diskFailed || std::fwrite(bytes, 1, count, transfer.file) != count;
    if (transfer.diskFailed)
        return 0;
    transfer.have += count;
    return count;
}

int onProgress(void* context, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(context);
    if (transfer.stop.stop_requested())
        return 1;
    if (total > 0)
        (*transfer.progress)(transfer.have, transfer.have + static_cast<std::uint64_t>(total - done));
    return 0;
}

class Downloader {
public:
    Downloader(const DownloadRequest& request, const DownloadProgress& progress, std::stop_token stop)
        : m_request(request), m_part(request.file), m_handle(curl_easy_init(), &curl_easy_cleanup) {
        m_part += ".part";
        m_transfer.handle = m_handle.get();
        m_transfer.progress = &progress;
        m_transfer.stop = std::move(stop);
        setOptions();
    }

    Result<std::string> run() {
        std::error_code error;
        fs::create_directories(m_request.file.parent_path(), error);
        const File file = openExclusively(m_part);
        if (!file)
            return fail(ErrorCode::NotWritable,
                        "The file cannot be written, or another download of it is running.", m_part.string());
        m_transfer.file = file.get();
        m_transfer.have = fs::file_size(m_part, error);
        // What an earlier call left may be of another file: then once more from the beginning.
        const bool resumes = m_transfer.have > 0;
        Result<std::string> sha256 = fetchAndCheck();
        if (!sha256 && sha256.error().code == ErrorCode::Damaged && resumes) {
            m_transfer.have = 0;
            if (truncated(file.get()))
                sha256 = fetchAndCheck();
        }
        if (!sha256 && sha256.error().code == ErrorCode::Damaged)
            fs::remove(m_part, error);
        if (!sha256)
            return sha256;
        fs::rename(m_part, m_request.file, error);
        if (error)
            return fail(ErrorCode::NotWritable, "The file cannot be written: " + error.message() + ".",
                        m_request.file.string());
        return sha256;
    }

private:
    const DownloadRequest& m_request;
    fs::path m_part;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> m_handle;
    Transfer m_transfer;
    std::array<char, CURL_ERROR_SIZE> m_reason{};

    void setOptions() {
        CURL* handle = m_handle.get();
        const bool local = isOnThisMachine(m_request.address);
        curl_easy_setopt(handle, CURLOPT_URL, m_request.address.c_str());
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, local ? "http" : "https");
        curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, local ? "http" : "https");
        curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
        if (local)
            curl_easy_setopt(handle, CURLOPT_NOPROXY, kThisMachine);
        curl_easy_setopt(handle, CURLOPT_USERAGENT, "hilum");
        curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, kMostBytes);
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
        curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, m_reason.data());
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &onBytes);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &m_transfer);
        curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &onProgress);
        curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &m_transfer);
    }

    Result<std::string> fetchAndCheck() {
        if (Result<void> fetched = fetch(); !fetched)
            return tl::unexpected(fetched.error());
        std::fflush(m_transfer.file);
        Result<std::string> sha256 = sha256OfFile(m_part);
        if (sha256 && !sha256->starts_with(m_request.sha256Prefix))
            return fail(ErrorCode::Damaged,
                        "What was downloaded is not what was asked for: its SHA-256 begins with " +
                            sha256->substr(0, m_request.sha256Prefix.size()) + " instead of " +
                            m_request.sha256Prefix + ". It was deleted.",
                        m_request.address);
        return sha256;
    }

    // Until the file is whole, or nothing comes any more.
    Result<void> fetch() {
        for (int failures = 0;;) {
            const std::uint64_t before = m_transfer.have;
            const CURLcode outcome = request();
            if (outcome == CURLE_OK ||
                (outcome == CURLE_HTTP_RETURNED_ERROR && status() == 416 && before > 0))
                return {}; // 416: nothing is missing
            if (m_transfer.stop.stop_requested())
                return fail(ErrorCode::Cancelled, "The download was stopped.", m_request.address);
            if (m_transfer.diskFailed)
                return fail(ErrorCode::NotWritable, "The disk is full, or the file cannot be written.",
                            m_part.string());
            failures = m_transfer.have > before ? 0 : failures + 1;
            if (!mayPass(outcome) || failures >= kMostFailures)
                return unreachable(outcome);
            pause(kFirstPause * (1 << failures));
        }
    }

    CURLcode request() {
        m_transfer.begun = false;
        m_reason[0] = '\0';
        const std::string range = std::to_string(m_transfer.have) + "-";
        curl_easy_setopt(m_handle.get(), CURLOPT_RANGE, m_transfer.have > 0 ? range.c_str() : nullptr);
        return curl_easy_perform(m_handle.get());
    }

    [[nodiscard]] long status() const {
        long code = 0;
        curl_easy_getinfo(m_handle.get(), CURLINFO_RESPONSE_CODE, &code);
        return code;
    }

    // Errors of a connection that may be gone the next time.
    [[nodiscard]] bool mayPass(CURLcode outcome) const {
        switch (outcome) {
        case CURLE_PARTIAL_FILE:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_OPERATION_TIMEDOUT:
            return true;
        case CURLE_HTTP_RETURNED_ERROR:
            return status() >= 500;
        default:
            return false;
        }
    }

    [[nodiscard]] tl::unexpected<Error> unreachable(CURLcode outcome) const {
        const std::string reason = m_reason[0] != '\0' ? m_reason.data() : curl_easy_strerror(outcome);
        return fail(ErrorCode::NotReachable,
                    "Nothing can be downloaded from " + hostOf(m_request.address) + ": " + reason + ".",
                    m_request.address);
    }

    void pause(std::chrono::milliseconds duration) const {
        const auto end = std::chrono::steady_clock::now() + duration;
        while (std::chrono::steady_clock::now() < end && !m_transfer.stop.stop_requested())
            std::this_thread::sleep_for(20ms);
    }
};

} // namespace

Result<std::string> download(const DownloadRequest& request, const DownloadProgress& progress,
                             std::stop_token stop) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK)
        return fail(ErrorCode::Internal, "libcurl cannot be used on this machine.", request.address);
    if (!request.address.starts_with("https://") && !isOnThisMachine(request.address))
        return fail(ErrorCode::InvalidArgument, "Only https addresses are downloaded from.", request.address);
    return Downloader(request, progress, std::move(stop)).run();
}

} // namespace hilum
