#include "training/FinishedRun.h"

#include <algorithm>
#include <map>

#include "core/storage/AtomicFile.h"
#include "training/RunFolder.h"
#include "training/Split.h"
#include "training/Text.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

bool there(const fs::path& file) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored);
}

// What parse makes of the file; an error says which file it is about.
template <class Parse>
auto parsedFile(const fs::path& file, Parse parse) {
    auto value = readTextFile(file).and_then([&](const std::string& text) { return parse(text); });
    if (!value)
        value.error().context = file.string();
    return value;
}

Result<void> readReport(const RunFolder& files, FinishedRun& run) {
    if (there(files.evaluationJson())) {
        auto report = parsedFile(files.evaluationJson(), parseEvaluationJson);
        if (!report)
            return tl::unexpected(report.error());
        run.report = std::move(*report);
        return {};
    }
    auto report = parsedFile(files.crossValidationJson(), parseCrossValidationJson);
    if (!report)
        return tl::unexpected(report.error());
    run.report = std::move(report->pooled);
    run.foldAccuracies = std::move(report->foldAccuracies);
    return {};
}

Result<std::vector<FilmPrediction>> readPredictions(const fs::path& file,
                                                    const std::vector<std::string>& labels) {
    return parsedFile(file, [&](const std::string& text) { return parsePredictionsCsv(text, labels); });
}

// One per film, out of split.csv; empty where that does not name every film.
std::vector<std::string> patientsOf(const RunFolder& files, const std::vector<FilmPrediction>& predictions) {
    const auto rows = parsedFile(files.split(), parseSplitCsv);
    if (!rows)
        return {};
    std::map<std::string, std::string> byFile;
    for (const SplitRow& row : *rows)
        byFile.emplace(row.file, row.patient);
    std::vector<std::string> patients;
    for (const FilmPrediction& film : predictions) {
        const auto patient = byFile.find(film.file.generic_string());
        if (patient == byFile.end())
            return {};
        patients.push_back(patient->second);
    }
    return patients;
}

void completeReport(const RunFolder& files, FinishedRun& run) {
    if (!run.report.rocAuc.empty())
        return;
    EvaluationReport complete =
        evaluationReport(run.report.labels, run.predictions, patientsOf(files, run.predictions));
    complete.model = run.report.model;
    complete.modelSha256 = run.report.modelSha256;
    complete.testedOn = run.report.testedOn;
    complete.notes = run.report.notes;
    run.report = std::move(complete);
}

Result<void> readTables(const RunFolder& files, FinishedRun& run) {
    auto predictions = readPredictions(files.predictions(), run.report.labels);
    if (!predictions)
        return tl::unexpected(predictions.error());
    run.predictions = std::move(*predictions);
    if (confusionMatrix(run.predictions, run.report.confusion.labelCount).counts !=
        run.report.confusion.counts)
        return fail(ErrorCode::Damaged, "The figures are not those of the predictions beside them.",
                    files.predictions().string());
    if (there(files.validationPredictions())) {
        auto validation = readPredictions(files.validationPredictions(), run.report.labels);
        if (!validation)
            return tl::unexpected(validation.error());
        run.validation = std::move(*validation);
    }
    if (there(files.history())) {
        auto history = parsedFile(files.history(), parseHistoryCsv);
        if (!history)
            return tl::unexpected(history.error());
        run.history = std::move(*history);
    }
    return {};
}

} // namespace

bool holdsFinishedRun(const fs::path& folder) {
    const RunFolder files(folder);
    return there(files.config()) && there(files.predictions()) &&
           (there(files.evaluationJson()) || there(files.crossValidationJson()));
}

Result<FinishedRun> loadRun(const fs::path& folder) {
    const RunFolder files(folder);
    if (!holdsFinishedRun(folder))
        return fail(ErrorCode::NotFound,
                    "The folder holds no finished run: config.json, evaluation.json and predictions.csv.",
                    folder.string());
    FinishedRun run;
    run.folder = folder;
    auto config = readTrainingConfig(files.config());
    if (!config)
        return tl::unexpected(
            Error{config.error().code, "config.json: " + config.error().message, files.config().string()});
    run.config = std::move(*config);
    if (auto read = readReport(files, run).and_then([&] { return readTables(files, run); }); !read)
        return tl::unexpected(read.error());
    completeReport(files, run);
    run.testSet = testSetFingerprint(run.report.labels, run.predictions);
    return run;
}

std::string testSetFingerprint(const std::vector<std::string>& labels,
                               const std::vector<FilmPrediction>& predictions) {
    std::vector<std::string> lines;
    for (const FilmPrediction& film : predictions)
        lines.push_back(csvRow({film.file.generic_string(), labels[static_cast<std::size_t>(film.truth)]}));
    std::ranges::sort(lines);
    return sha256Of(joined(lines, ""));
}

} // namespace hilum
