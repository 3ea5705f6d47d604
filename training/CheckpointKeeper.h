// The history and the checkpoints of a running training, kept in its run folder. Internal.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/domain/Result.h"
#include "training/Checkpoint.h"
#include "training/RunFolder.h"

namespace hilum {

// Writes the weights of every epoch, but no more often than a pause allows: an epoch on cached features takes
// milliseconds, and a checkpoint of ResNet101 170 MB. A killed training loses an epoch or the pause, whichever is
// longer. Errors: NotWritable.
class CheckpointKeeper {
public:
    CheckpointKeeper(RunFolder folder, std::chrono::milliseconds pause) : m_folder(std::move(folder)), m_pause(pause) {}

    Result<void> keep(Checkpoint checkpoint, bool best);
    // Writes what has not been written yet. Call at the end.
    Result<void> flush();

private:
    RunFolder m_folder;
    std::chrono::milliseconds m_pause;
    std::optional<Checkpoint> m_last, m_best; // not written yet
    std::optional<std::chrono::steady_clock::time_point> m_written;
};

} // namespace hilum
