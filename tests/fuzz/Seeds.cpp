// fuzz-seeds FOLDER: one folder for each fuzz target, with the small whole files that it begins with.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/support/PickleFiles.h"
#include "tests/support/SampleFilms.h"
#include "tests/support/SampleTexts.h"

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

struct Seeds {
    std::filesystem::path root;

    // Any container of bytes.
    template <class Bytes>
    void write(const std::string& target, const std::string& name, const Bytes& bytes) const {
        std::filesystem::create_directories(root / target);
        std::ofstream(root / target / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }

    void writeWeights() const {
        using namespace hilum::test;
        write("FuzzPickle", "zip.pth", zipContainer(smallState(), smallStorages()));
        write("FuzzPickle", "legacy.pth", legacyContainer(smallState(), smallStorages()));
        std::filesystem::create_directories(root / "FuzzSafeTensors");
        if (const auto written = writeSampleModel(root / "FuzzSafeTensors" / "model"); !written)
            std::fputs(written.error().message.c_str(), stderr);
    }

    void writeTexts() const {
        using namespace hilum::test;
        write("FuzzJson", "card.json", hilum::cardToJson(sampleCard()));
        write("FuzzJson", "config.json", sampleConfig());
        write("FuzzJson", "evaluation.json", sampleEvaluation());
        write("FuzzJson", "shortcut.json", sampleShortcut());
        write("FuzzCsv", "split.csv", sampleSplit());
        write("FuzzCsv", "predictions.csv", hilum::predictionsToCsv(sampleLabels(), samplePredictions()));
        write("FuzzCsv", "history.csv", hilum::historyToCsv(sampleHistory()));
    }
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("fuzz-seeds FOLDER\n", stderr);
        return 2;
    }
    const Seeds seeds{argv[1]};
    for (const hilum::test::SampleFilm& film : hilum::test::sampleFilms())
        seeds.write(targetOf(film.kind), film.name, film.bytes);
    seeds.writeWeights();
    seeds.writeTexts();
    return 0;
}
