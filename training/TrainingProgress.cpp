#include "training/TrainingProgress.h"

#include <algorithm>

#include "training/Text.h"

namespace hilum {

namespace {

const std::vector<std::string> kColumns{"epoch",           "train_loss",          "train_accuracy",
                                        "validation_loss", "validation_accuracy", "learning_rate",
                                        "seconds",         "images_per_second"};

bool parse(const std::string& text, double& value) { return parseDouble(text, value); }

bool parse(const std::string& text, std::optional<double>& value) {
    return text.empty() || parseDouble(text, value.emplace());
}

bool parseRow(const std::vector<std::string>& cells, EpochRecord& record) {
    double epoch = 0;
    const bool good = cells.size() >= kColumns.size() && parse(cells[0], epoch) &&
                      parse(cells[1], record.trainLoss) && parse(cells[2], record.trainAccuracy) &&
                      parse(cells[3], record.validationLoss) && parse(cells[4], record.validationAccuracy) &&
                      parse(cells[5], record.learningRate) && parse(cells[6], record.seconds) &&
                      parse(cells[7], record.imagesPerSecond);
    if (!good || !(epoch >= 1 && epoch <= 1e6))
        return false;
    record.epoch = static_cast<int>(epoch);
    return true;
}

} // namespace

std::string historyToCsv(const std::vector<EpochRecord>& history) {
    const auto optionalText = [](const std::optional<double>& value) {
        return value ? numberText(*value) : std::string();
    };
    std::string text = csvRow(kColumns);
    for (const EpochRecord& record : history)
        text += csvRow({std::to_string(record.epoch), numberText(record.trainLoss),
                        numberText(record.trainAccuracy), optionalText(record.validationLoss),
                        optionalText(record.validationAccuracy), numberText(record.learningRate),
                        fixedText(record.seconds, 3), fixedText(record.imagesPerSecond, 2)});
    return text;
}

Result<std::vector<EpochRecord>> parseHistoryCsv(std::string_view text) {
    auto rows = parseCsv(text);
    if (!rows)
        return tl::unexpected(rows.error());
    if (rows->empty() || rows->front().size() < kColumns.size() ||
        !std::equal(kColumns.begin(), kColumns.end(), rows->front().begin()))
        return fail(ErrorCode::Damaged, "This is no table of epochs: its columns are other ones.");
    std::vector<EpochRecord> history;
    for (std::size_t i = 1; i < rows->size(); ++i) {
        if (!parseRow((*rows)[i], history.emplace_back()))
            return fail(ErrorCode::Damaged, "A row of the table of epochs makes no sense.",
                        "row " + std::to_string(i + 1));
    }
    return history;
}

std::string_view toString(TrainingPhase phase) {
    switch (phase) {
    case TrainingPhase::Fetching:
        return "Downloading weights (MB)";
    case TrainingPhase::Indexing:
        return "Looking for films";
    case TrainingPhase::Decoding:
        return "Reading films";
    case TrainingPhase::Caching:
        return "Computing features";
    case TrainingPhase::Training:
        return "Training";
    case TrainingPhase::Validating:
        return "Validating";
    case TrainingPhase::Testing:
        return "Testing";
    }
    return "Training";
}

} // namespace hilum
