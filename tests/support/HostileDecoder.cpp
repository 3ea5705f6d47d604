// hilum-decoder as it must never be: an order in the film decides what goes wrong. Speaks the same protocol
// and has given up the same rights; films without an order are read as they are.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/image/RadiographReader.h"
#include "core/sandbox/DecoderProtocol.h"
#include "core/sandbox/DecoderService.h"
#include "core/sandbox/DescriptorMessage.h"
#include "core/sandbox/FilmMessage.h"

namespace {

using namespace hilum;

volatile unsigned sink = 0; // wraps round

[[noreturn]] void waitForever() {
    while (true)
        ::pause();
}

[[noreturn]] void spin() {
    while (true)
        sink = sink + 1;
}

void allocate() {
    std::vector<std::vector<char>> blocks;
    while (true)
        blocks.emplace_back(16 << 20, 'x');
}

// As C libraries do that never look whether malloc() gave them something.
void allocateBlindly() {
    while (true)
        std::memset(std::malloc(16 << 20), 1, 16 << 20);
}

int recurse(int depth) {
    volatile char block[4096];
    block[0] = static_cast<char>(depth);
    return depth > 0 ? recurse(depth + 1) + block[0] : 0;
}

// What the system still lets this process do, in words; empty where nothing.
std::string remainingRights() {
    std::string rights;
    const auto note = [&rights](const char* what, long result) {
        if (result >= 0)
            rights += std::string(rights.empty() ? "" : ", ") + what;
    };
    note("open", ::open("/etc/passwd", O_RDONLY));
    note("create", ::open("/tmp/hilum-hostile", O_WRONLY | O_CREAT, 0600));
    note("socket", ::socket(AF_INET, SOCK_STREAM, 0));
    note("fork", ::fork());
    note("execute", ::execl("/bin/true", "true", nullptr));
    note("signal", ::kill(::getppid(), 0));
    note("run memory",
         ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1
                                                                                                        : 0);
    return rights;
}

Radiograph smallFilm(std::uint16_t pixel) {
    Radiograph film;
    film.widthPx = film.heightPx = 2;
    film.pixels = std::make_shared<const std::vector<std::uint16_t>>(4, pixel);
    return film;
}

// An answer whose memory, sizes and seals are not what they should be.
struct Lie {
    std::uint16_t pixel = 1;
    std::uint64_t pixelCount = 4;
    std::size_t cutBytes = 0, moreBytes = 0;
    unsigned seals = kEverySeal;
    bool withMemory = true;
    std::optional<std::uint16_t> later = std::nullopt; // the pixels' value, a moment after the answer
};

[[noreturn]] void tell(const Lie& lie) {
    const Radiograph film = smallFilm(lie.pixel);
    const auto description = describeResult(film);
    const int memory = ::memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    const std::vector<char> more(lie.moreBytes);
    const bool written = ::write(memory, film.pixels->data(), film.pixels->size_bytes()) > 0 &&
                         ::write(memory, description.data(), description.size() - lie.cutBytes) > 0 &&
                         ::write(memory, more.data(), more.size()) >= 0 &&
                         (lie.seals == 0 || ::fcntl(memory, F_ADD_SEALS, lie.seals) == 0);
    const DecodeReply reply{lie.pixelCount, description.size()};
    if (written)
        sendMessage(kDecoderSocket, &reply, sizeof reply, lie.withMemory ? memory : -1);
    if (lie.later) {
        const timespec moment{0, 100'000'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        const std::vector<std::uint16_t> others(film.pixels->size(), *lie.later);
        if (::lseek(memory, 0, SEEK_SET) != 0 ||
            ::write(memory, others.data(), others.size() * sizeof others[0]) < 0)
            std::abort();
    }
    waitForever();
}

const std::map<std::string_view, std::function<void()>> kOrders{
    {"allocate", allocate},
    {"allocate blindly", allocateBlindly},
    {"recurse", [] { sink = static_cast<unsigned>(recurse(1)); }},
    {"spin", spin},
    {"wait", waitForever},
    {"crash", [] { *const_cast<volatile unsigned*>(static_cast<unsigned*>(nullptr)) = sink; }},
    {"abort", [] { std::abort(); }},
    {"end", [] { ::_exit(0); }},
    {"throw", [] { throw 1; }},
    {"hang up",
     [] {
         ::close(kDecoderSocket);
         spin();
     }},
    {"lie: no memory", [] { tell({.withMemory = false}); }},
    {"not sealed, and changed later", [] { tell({.seals = 0, .later = 256}); }},
    // With a byte more than what is mapped may have.
    {"may shrink", [] { tell({.moreBytes = 1, .seals = F_SEAL_WRITE | F_SEAL_SEAL | F_SEAL_GROW}); }},
    {"lie: longer", [] { tell({.moreBytes = 1}); }},
    {"lie: another file",
     [] {
         const DecodeReply reply{4, 4};
         sendMessage(kDecoderSocket, &reply, sizeof reply, STDIN_FILENO);
         waitForever();
     }},
    {"lie: shorter", [] { tell({.cutBytes = 1}); }},
    {"lie: shorter, not sealed", [] { tell({.cutBytes = 1, .seals = 0}); }},
    {"lie: pixels beyond", [] { tell({.pixelCount = 400}); }},
    {"lie: pixels beyond, not sealed", [] { tell({.pixelCount = 400, .seals = 0}); }},
    {"lie: pixels without end", [] { tell({.pixelCount = ~std::uint64_t{0} / 2 + 3}); }},
    {"lie: no pixels", [] { tell({.pixelCount = 0}); }},
    {"lie: pixel above the range", [] { tell({.pixel = 256}); }},
    {"lie: pixel above the range, not sealed", [] { tell({.pixel = 256, .seals = 0}); }},
    {"lie: short message",
     [] {
         sendMessage(kDecoderSocket, "x", 1);
         waitForever();
     }},
};

Result<Radiograph> decode(std::span<const std::uint8_t> file, const ReadOptions& options) {
    constexpr std::string_view kMark = "ORDER ";
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    const auto mark = text.find(kMark);
    if (mark == std::string_view::npos)
        return decodeRadiograph(file, {}, options);
    const std::string_view order = text.substr(mark + kMark.size());
    if (order == "rights")
        return fail(ErrorCode::Internal, "It may: " + remainingRights() + ".");
    if (order == "lie: stopped")
        return fail(ErrorCode::Cancelled, "Reading was stopped.");
    if (order == "honest")
        return smallFilm(255);
    if (const auto found = kOrders.find(order); found != kOrders.end())
        found->second();
    return fail(ErrorCode::Internal, "There is no such order.");
}

} // namespace

int main() { return hilum::serveFilms(decode); }
