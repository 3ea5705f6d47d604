#include "training/FilmStore.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "core/image/RadiographReader.h"
#include "core/model/Preprocessor.h"
#include "training/Guarded.h"

namespace hilum {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{20};

using Square = std::shared_ptr<const GreyImage>;

Result<Square> decoded(const std::filesystem::path& file, const FilmStore::Options& options,
                       const std::stop_token& stop) {
    return guarded([&]() -> Result<Square> {
        const Result<Radiograph> film =
            options.readFilm ? options.readFilm(file, stop) : readRadiograph(file, stop);
        if (!film)
            return tl::unexpected(film.error());
        return std::make_shared<const GreyImage>(fitToSquare(*film, options.fit, options.inputSizePx));
    });
}

// Calls work(i) for every i below count on several threads, and progress on this one, until all is done or
// stop is requested. work must not throw.
template <class Work>
void inParallel(std::size_t count, int threads, const Work& work, const FilmStore::Progress& progress,
                const std::stop_token& stop) {
    std::atomic<std::size_t> next = 0, done = 0;
    std::atomic<int> running = threads;
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
            for (std::size_t item = next++; item < count && !stop.stop_requested(); item = next++) {
                work(item);
                ++done;
            }
            --running;
        });
    }
    while (running > 0) {
        std::this_thread::sleep_for(kProgressInterval);
        progress(static_cast<long>(done), static_cast<long>(count));
    }
}

} // namespace

Result<FilmStore> FilmStore::load(DatasetIndex& index, const Options& options, const Progress& progress,
                                  std::stop_token stop) {
    const std::size_t count = index.films.size();
    const std::size_t bytesPerFilm =
        static_cast<std::size_t>(options.inputSizePx) * static_cast<std::size_t>(options.inputSizePx);
    const std::size_t kept = std::min(count, options.memoryLimitBytes / bytesPerFilm);
    std::vector<Result<Square>> squares(count);
    const auto decodeOne = [&](std::size_t film) {
        squares[film] = decoded(index.root / index.films[film].file, options, stop);
        if (squares[film] && film >= kept)
            squares[film] = nullptr;
    };
    inParallel(count, std::max(1, options.threads), decodeOne, progress, stop);
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "The films were not read to their end.", index.root.string());

    FilmStore store;
    store.m_options = options;
    std::vector<std::size_t> unreadable;
    std::vector<std::string> reasons;
    for (std::size_t film = 0; film < count; ++film) {
        if (squares[film]) {
            store.m_files.push_back(index.root / index.films[film].file);
            store.m_labels.push_back(index.films[film].label);
            store.m_squares.push_back(std::move(*squares[film]));
        } else if (squares[film].error().code == ErrorCode::OutOfMemory) {
            return tl::unexpected(squares[film].error());
        } else {
            unreadable.push_back(film);
            reasons.push_back(squares[film].error().message);
        }
    }
    index.skipUnreadable(unreadable, reasons);
    return store;
}

std::size_t FilmStore::inMemory() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(m_squares, [](const Square& square) { return square != nullptr; }));
}

Result<Square> FilmStore::square(std::size_t film) const {
    if (m_squares[film])
        return m_squares[film];
    return decoded(m_files[film], m_options, {});
}

} // namespace hilum
