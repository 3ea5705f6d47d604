// hilum-decoder: reads films for the other programs, which start it; see core/sandbox/FilmDecoder.h.
#include <cstdio>

#include "core/image/RadiographReader.h"
#include "core/image/ReaderSetup.h"
#include "core/sandbox/DecoderService.h"

int main() {
    hilum::prepareReaders();
    const int status =
        hilum::serveFilms([](std::span<const std::uint8_t> file, const hilum::ReadOptions& options) {
            return hilum::decodeRadiograph(file, {}, options);
        });
    if (status == 2)
        std::fputs("hilum-decoder is started by hilum and hilum-cli themselves.\n", stderr);
    return status;
}
