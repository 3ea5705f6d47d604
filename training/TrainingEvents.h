// What hilum-cli train --progress json says: one JSON object a line, for programs that follow a training over
// a pipe. Pure functions, thread-safe.
//
//   {"event":"progress","phase":"training","part":0,"parts":0,"repeats":false,"epoch":3,"epochs":25,"done":12,"total":40,"loss":0.5,
//    "accuracy":0.8,"imagesPerSecond":11.4,"learningRate":3e-5,"remainingSeconds":720,"memoryMb":3100}
//   {"event":"epoch","epoch":3,"epochs":25,"part":0,"trainLoss":0.4,"trainAccuracy":0.8,"validationLoss":null,
//    "validationAccuracy":null,"learningRate":3e-5,"seconds":61.2,"imagesPerSecond":11.4,"best":true,
//    "epochsWithoutGain":0}
//   {"event":"heatmaps","epoch":3,"films":[{"file":"COVID-19/x.png","label":"COVID-19","predicted":"Normal",
//    "probability":0.71,"picture":"heatmaps/epoch-003-1.png"}]}
//   {"event":"note","text":"..."}   {"event":"paused"}   {"event":"resumed"}
//   {"event":"finished","out":"run","model":"run/model.safetensors","bestEpoch":10,"epochs":14,"stopped":false}
//   {"event":"failed","code":"OutOfMemory","message":"...","context":"..."}
//
// phase: fetching, indexing, decoding, caching, training, validating, testing. remainingSeconds,
// validationLoss and validationAccuracy are null where there are none. After finished or failed nothing
// follows.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/domain/Result.h"
#include "training/TrainingProgress.h"

namespace hilum {

struct ProgressEvent {
    TrainingProgress progress; // what is set once is not told here: it makes events of its own
    int memoryMb = 0;          // that the training process holds; 0: unknown

    bool operator==(const ProgressEvent&) const = default;
};

struct EpochEvent {
    FinishedEpoch finished;
    int epochs = 0;
    int part = 0; // as TrainingProgress::part

    bool operator==(const EpochEvent&) const = default;
};

struct HeatMapsEvent {
    int epoch = 0;
    std::vector<PinnedFilm> films;

    bool operator==(const HeatMapsEvent&) const = default;
};

struct NoteEvent {
    std::string text;

    bool operator==(const NoteEvent&) const = default;
};

struct PausedEvent {
    bool operator==(const PausedEvent&) const = default;
};
struct ResumedEvent {
    bool operator==(const ResumedEvent&) const = default;
};

struct FinishedEvent {
    std::filesystem::path out;
    std::filesystem::path model; // empty: cross-validation without a final model
    int bestEpoch = 0;
    int epochs = 0; // that were finished
    bool stopped = false;

    bool operator==(const FinishedEvent&) const = default;
};

struct FailedEvent {
    Error error;

    bool operator==(const FailedEvent& other) const {
        return error.code == other.error.code && error.message == other.error.message &&
               error.context == other.error.context;
    }
};

using TrainingEvent = std::variant<ProgressEvent, EpochEvent, HeatMapsEvent, NoteEvent, PausedEvent,
                                   ResumedEvent, FinishedEvent, FailedEvent>;

// One line without its line end, whatever the texts contain; what is not UTF-8 in them is replaced.
std::string toJsonLine(const TrainingEvent& event);

// A line longer than this is refused unread.
inline constexpr std::size_t kLongestEventLine = std::size_t{1} << 20;

// Keys that it does not know are passed over; an error code that it does not know becomes Internal.
// Errors: Damaged (no JSON object, an unknown event, a value that is missing or of the wrong kind), TooLarge.
Result<TrainingEvent> parseTrainingEvent(std::string_view line);

} // namespace hilum
