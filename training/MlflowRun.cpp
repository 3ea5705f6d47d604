#include "training/MlflowRun.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

#include "core/storage/AtomicFile.h"

namespace hilum {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kIdLength = 32;         // hexadecimal digits
constexpr std::size_t kMostParamBytes = 6000; // of a value, as MLflow allows

std::string keyOf(std::string text) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("_-. /").find(c) != std::string_view::npos;
    };
    std::ranges::replace_if(
        text, [&](char c) { return !allowed(c); }, '_');
    return text;
}

class Metrics {
public:
    void add(const std::string& key, std::optional<double> value, long step, std::int64_t timeMs) {
        if (value && std::isfinite(*value))
            m_json.push_back({{"key", keyOf(key)}, {"value", *value}, {"timestamp", timeMs}, {"step", step}});
    }
    [[nodiscard]] const Json& json() const { return m_json; }

private:
    Json m_json = Json::array();
};

std::int64_t milliseconds(double seconds) { return std::llround(1000 * seconds); }

void addHistory(const FinishedRun& run, double startSeconds, Metrics& metrics) {
    double seconds = startSeconds;
    for (const EpochRecord& record : run.history) {
        seconds += record.seconds;
        const auto add = [&](const char* key, std::optional<double> value) {
            metrics.add(key, value, record.epoch, milliseconds(seconds));
        };
        add("train_loss", record.trainLoss);
        add("train_accuracy", record.trainAccuracy);
        add("validation_loss", record.validationLoss);
        add("validation_accuracy", record.validationAccuracy);
        add("learning_rate", record.learningRate);
        add("images_per_second", record.imagesPerSecond);
    }
}

void addFigures(const FinishedRun& run, double endSeconds, Metrics& metrics) {
    const EvaluationReport& report = run.report;
    const long step = run.history.empty() ? 0 : run.history.back().epoch;
    const auto add = [&](const std::string& key, std::optional<double> value) {
        metrics.add("test_" + key, value, step, milliseconds(endSeconds));
    };
    add("accuracy", report.accuracy.value);
    add("accuracy_low", report.accuracy.low);
    add("accuracy_high", report.accuracy.high);
    add("macro_precision", report.macro.precision);
    add("macro_recall", report.macro.recall);
    add("macro_f1", report.macro.f1);
    add("macro_roc_auc", report.macroRocAuc);
    add("macro_average_precision", report.macroAveragePrecision);
    add("ece", report.expectedCalibrationError);
    add("nll", report.negativeLogLikelihood);
    for (std::size_t i = 0; i < report.labels.size(); ++i) {
        add("precision/" + report.labels[i], report.classes[i].precision);
        add("recall/" + report.labels[i], report.classes[i].recall);
        add("specificity/" + report.labels[i], report.classes[i].specificity);
        add("f1/" + report.labels[i], report.classes[i].f1);
        add("roc_auc/" + report.labels[i], report.rocAuc[i]);
        add("average_precision/" + report.labels[i], report.averagePrecision[i]);
    }
}

Json params(const FinishedRun& run) {
    TrainingConfig config = run.config;
    Json json = Json::array();
    for (const ConfigField& field : configFields(config))
        json.push_back({{"key", keyOf(field.key)}, {"value", fieldText(field).substr(0, kMostParamBytes)}});
    return json;
}

Json tags(const FinishedRun& run) {
    Json json = Json::array();
    const auto add = [&](const char* key, const std::string& value) {
        json.push_back({{"key", key}, {"value", value}});
    };
    add("mlflow.runName", run.report.model);
    add("mlflow.source.name", "hilum-cli train");
    add("hilum.testedOn", run.report.testedOn);
    add("hilum.testSet", run.testSet);
    add("hilum.modelSha256", run.report.modelSha256);
    add("hilum.use", "Research use, not for diagnosis.");
    return json;
}

} // namespace

std::string mlflowRunJson(const FinishedRun& run) {
    const auto end = static_cast<double>(run.finished.time_since_epoch().count());
    const double start =
        std::accumulate(run.history.begin(), run.history.end(), end,
                        [](double time, const EpochRecord& record) { return time - record.seconds; });
    Metrics metrics;
    addHistory(run, start, metrics);
    addFigures(run, end, metrics);
    const std::string id = sha256Of(toJson(run.config) + reportToJson(run.report)).substr(0, kIdLength);
    const Json json{{"info",
                     {{"run_id", id},
                      {"run_name", run.report.model},
                      {"experiment_id", "0"},
                      {"status", "FINISHED"},
                      {"start_time", milliseconds(start)},
                      {"end_time", milliseconds(end)},
                      {"artifact_uri", run.folder.generic_string()},
                      {"lifecycle_stage", "active"}}},
                    {"data", {{"metrics", metrics.json()}, {"params", params(run)}, {"tags", tags(run)}}}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace hilum
