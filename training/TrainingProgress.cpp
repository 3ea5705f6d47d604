#include "training/TrainingProgress.h"

#include "training/Text.h"

namespace hilum {

std::string historyToCsv(const std::vector<EpochRecord>& history) {
    const auto optionalText = [](const std::optional<double>& value) {
        return value ? numberText(*value) : std::string();
    };
    std::string text = csvRow({"epoch", "train_loss", "train_accuracy", "validation_loss",
                               "validation_accuracy", "learning_rate", "seconds", "images_per_second"});
    for (const EpochRecord& record : history)
        text += csvRow({std::to_string(record.epoch), numberText(record.trainLoss),
                        numberText(record.trainAccuracy), optionalText(record.validationLoss),
                        optionalText(record.validationAccuracy), numberText(record.learningRate),
                        fixedText(record.seconds, 3), fixedText(record.imagesPerSecond, 2)});
    return text;
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
