// The history and the checkpoints of a running training, kept in its run folder. Internal.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "core/domain/Result.h"
#include "training/Checkpoint.h"
#include "training/RunFolder.h"
#include "training/TrainingState.h"

namespace hilum {

// Writes the weights and the state of every epoch, but for epochs that are short beside the writing: one on
// cached features takes milliseconds, and the state of ResNet101 is 680 MB. The pause after a writing is ten
// times as long as the writing was, but no longer than given. A killed training loses an epoch or the pause,
// whichever is longer. Errors: NotWritable.
class CheckpointKeeper {
public:
    CheckpointKeeper(RunFolder folder, std::chrono::milliseconds longestPause)
        : m_folder(std::move(folder)), m_longestPause(longestPause) {}

    // state: takes down what the training needs to go on; asked only when it is written, which is before
    // keep() returns. Absent: the weights are from within an epoch, and the last state stays.
    Result<void> keep(Checkpoint checkpoint, bool best, const std::function<TrainingState()>& state);
    // Writes the weights and the history that have not been written yet. Call at the end.
    Result<void> flush();

private:
    Result<void> writeHistory() const;

    RunFolder m_folder;
    std::chrono::milliseconds m_longestPause;
    std::optional<Checkpoint> m_last, m_best; // not written yet
    std::chrono::system_clock::time_point m_begin = std::chrono::system_clock::now();
    std::chrono::steady_clock::time_point m_due{}; // when the next writing may begin
};

} // namespace hilum
