#include "training/FinishedRun.h"

#include <algorithm>
#include <map>

#include "core/storage/AtomicFile.h"
#include "training/DatasetIndex.h"
#include "training/RunFolder.h"
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

// One per film, out of the split; empty where that does not name every film.
std::vector<std::string> patientsOf(const FinishedRun& run) {
    std::map<std::string, std::string> byFile;
    for (const SplitRow& row : run.split)
        byFile.emplace(row.file, row.patient);
    std::vector<std::string> patients;
    for (const FilmPrediction& film : run.predictions) {
        const auto patient = byFile.find(film.file.generic_string());
        if (patient == byFile.end())
            return {};
        patients.push_back(patient->second);
    }
    return patients;
}

void completeReport(FinishedRun& run) {
    if (!run.report.rocAuc.empty())
        return;
    EvaluationReport complete = evaluationReport(run.report.labels, run.predictions, patientsOf(run));
    complete.model = run.report.model;
    complete.modelSha256 = run.report.modelSha256;
    complete.testedOn = run.report.testedOn;
    complete.notes = run.report.notes;
    run.report = std::move(complete);
}

Result<void> readTables(const RunFolder& files, FinishedRun& run) {
    auto predictions = parsedFile(files.predictions(), [&](const std::string& text) {
        return parsePredictionsCsv(text, run.report.labels);
    });
    if (!predictions)
        return tl::unexpected(predictions.error());
    run.predictions = std::move(*predictions);
    if (confusionMatrix(run.predictions, run.report.confusion.labelCount).counts !=
        run.report.confusion.counts)
        return fail(ErrorCode::Damaged, "The figures are not those of the predictions beside them.",
                    files.predictions().string());
    const auto optional = [](const fs::path& file, auto parse, auto& rows) -> Result<void> {
        if (!there(file))
            return {};
        auto read = parsedFile(file, parse);
        if (!read)
            return tl::unexpected(read.error());
        rows = std::move(*read);
        return {};
    };
    return optional(
               files.validationPredictions(),
               [&](const std::string& text) { return parsePredictionsCsv(text, run.report.labels); },
               run.validation)
        .and_then([&] { return optional(files.history(), parseHistoryCsv, run.history); })
        .and_then([&] { return optional(files.split(), parseSplitCsv, run.split); })
        .and_then([&] { return optional(files.repeats(), parseRepeatsJson, run.repeats); });
}

Result<void> readShortcut(const RunFolder& files, FinishedRun& run) {
    if (!there(files.shortcut()))
        return {};
    auto shortcut = parsedFile(files.shortcut(), parseShortcutJson);
    if (!shortcut)
        return tl::unexpected(shortcut.error());
    if (shortcut->labels == run.report.labels && shortcut->modelSha256 == run.report.modelSha256)
        run.shortcut = std::move(*shortcut);
    return {};
}

std::chrono::sys_seconds writtenAt(const fs::path& file) {
    std::error_code error;
    const fs::file_time_type time = fs::last_write_time(file, error);
    return error ? std::chrono::sys_seconds{}
                 : std::chrono::floor<std::chrono::seconds>(std::chrono::file_clock::to_sys(time));
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
    auto read = readReport(files, run).and_then([&] { return readTables(files, run); }).and_then([&] {
        return readShortcut(files, run);
    });
    if (!read)
        return tl::unexpected(read.error());
    completeReport(run);
    run.finished =
        writtenAt(run.foldAccuracies.empty() ? files.evaluationJson() : files.crossValidationJson());
    run.testSet = testSetFingerprint(run.report.labels, run.predictions);
    return run;
}

fs::path filmFile(const FinishedRun& run, const fs::path& film) {
    return datasetRoot(run.config.data).value_or(run.config.data) / film;
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
