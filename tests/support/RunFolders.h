// Finished run folders, written without a training.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "training/EvaluationReport.h"
#include "training/RunFolder.h"
#include "training/TrainingConfig.h"
#include "training/TrainingProgress.h"

namespace hilum::test {

inline void writeText(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

// Films 0 … count − 1 of two classes in turn, all taken for the right one but those that are named.
inline std::vector<FilmPrediction> filmsWithMistakes(int count, const std::vector<int>& mistakes) {
    std::vector<FilmPrediction> films;
    for (int i = 0; i < count; ++i) {
        const double right = 0.75 + 0.2 * i / count;
        films.push_back({std::to_string(i) + ".png", i % 2, {right, 1 - right}});
        if (i % 2 == 1)
            std::swap(films.back().probabilities[0], films.back().probabilities[1]);
    }
    for (const int film : mistakes) {
        std::vector<double>& probabilities = films[static_cast<std::size_t>(film)].probabilities;
        std::swap(probabilities[0], probabilities[1]);
    }
    return films;
}

inline std::vector<EpochRecord> threeEpochs() {
    return {{1, 1.0, 0.5, 0.9, 0.55, 1e-3, 2, 30},
            {2, 0.6, 0.7, 0.5, 0.8, 8e-4, 2, 31},
            {3, 0.4, 0.9, 0.6, 0.75, 1e-4, 2, 32}};
}

inline EvaluationReport writeRun(const std::filesystem::path& folder, const std::string& network,
                                 const std::vector<FilmPrediction>& predictions,
                                 const std::vector<std::string>& labels = {"No finding", "Pneumonia"}) {
    const RunFolder files(folder);
    TrainingConfig config;
    config.network = network;
    config.out = folder;
    EvaluationReport report = evaluationReport(labels, predictions);
    report.model = network + " on films";
    report.testedOn = std::to_string(predictions.size()) + " held-out films, split by patient";
    report.notes = {"Only a test."};
    writeText(files.config(), toJson(config));
    writeText(files.evaluationJson(), reportToJson(report));
    writeText(files.predictions(), predictionsToCsv(labels, predictions));
    writeText(files.history(), historyToCsv(threeEpochs()));
    return report;
}

} // namespace hilum::test
