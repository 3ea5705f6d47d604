// Films read by helper processes (hilum-decoder), so that no bug of a library can take this program down. A
// helper is given an open file and has no rights beyond that one: it opens nothing, and its memory and time
// are limited. What it answers is checked like a file. It is kept for the next film.
//
// Thread-safe: there are as many helpers as calls overlap. Linux only so far; elsewhere, and where no helper
// can be started, films are read in this process, and problem() says so.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "core/domain/Radiograph.h"
#include "core/domain/Result.h"
#include "core/image/ReadOptions.h"

namespace hilum {

// $HILUM_DECODER, or hilum-decoder beside the program.
std::filesystem::path decoderProgram();

class FilmDecoder {
public:
    struct Options {
        std::filesystem::path program = decoderProgram();
        // A film may take this much processor time, and more by the second value for every MB (2^20 bytes) of
        // its file: small files that keep a decoder busy are hostile. Four times as long may pass on the
        // wall.
        std::chrono::milliseconds timeLimit{5000};
        std::chrono::milliseconds timePerMegabyte{500};
    };

    // Starts the first helper and returns at once.
    FilmDecoder();
    explicit FilmDecoder(Options options);
    ~FilmDecoder(); // no call may be under way
    FilmDecoder(const FilmDecoder&) = delete;
    FilmDecoder& operator=(const FilmDecoder&) = delete;

    // Blocks until the first helper is ready, or cannot be: then a sentence that says so, otherwise empty.
    std::string problem();

    // As readRadiograph(), and DecoderStopped: the helper crashed or went beyond its memory or time. A stop
    // ends the helper, so that the call returns at once.
    Result<Radiograph> read(const std::filesystem::path& file, std::stop_token stop = {},
                            const ReadOptions& options = {});

private:
    class Pool;
    Result<Radiograph> decode(int file, long long bytes, const ReadOptions& options,
                              const std::stop_token& stop);

    Options m_options;
    std::unique_ptr<Pool> m_pool;
};

} // namespace hilum
