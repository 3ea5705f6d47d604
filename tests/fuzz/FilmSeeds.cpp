// film-seeds FOLDER: one folder for each film reader's fuzz target, with the sample films of its kind.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/support/SampleFilms.h"

namespace {

const char* targetOf(hilum::FileKind kind) {
    switch (kind) {
    case hilum::FileKind::Dicom:
        return "FuzzDicom";
    case hilum::FileKind::Png:
        return "FuzzPng";
    case hilum::FileKind::Jpeg:
        return "FuzzJpeg";
    case hilum::FileKind::Tiff:
        return "FuzzTiff";
    case hilum::FileKind::Bmp:
        return "FuzzBmp";
    default:
        return "FuzzWebP";
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("film-seeds FOLDER\n", stderr);
        return 2;
    }
    for (const hilum::test::SampleFilm& film : hilum::test::sampleFilms()) {
        const auto folder = std::filesystem::path(argv[1]) / targetOf(film.kind);
        std::filesystem::create_directories(folder);
        std::ofstream(folder / film.name, std::ios::binary)
            .write(reinterpret_cast<const char*>(film.bytes.data()),
                   static_cast<std::streamsize>(film.bytes.size()));
    }
    return 0;
}
