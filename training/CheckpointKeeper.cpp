#include "training/CheckpointKeeper.h"

#include <algorithm>
#include <utility>

#include "core/storage/AtomicFile.h"
#include "training/TensorBoardEvents.h"
#include "training/TrainingProgress.h"

namespace hilum {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPausePerWriting = 10;

} // namespace

Result<void> CheckpointKeeper::keep(Checkpoint checkpoint, bool best,
                                    const std::function<TrainingState()>& state) {
    if (best)
        m_best = checkpoint; // shares the tensors
    m_last = std::move(checkpoint);
    const auto begin = Clock::now();
    if (begin < m_due)
        return {};
    auto written = flush();
    if (written && state)
        written = writeTrainingState(m_folder.state(), state());
    const auto end = Clock::now();
    m_due = end + std::min<Clock::duration>(m_longestPause, kPausePerWriting * (end - begin));
    return written;
}

Result<void> CheckpointKeeper::writeHistory() const {
    const auto history = parseHistoryCsv(m_last->historyCsv);
    if (!history)
        return tl::unexpected(history.error());
    const double begin = std::chrono::duration<double>(m_begin.time_since_epoch()).count();
    return writeFileAtomically(m_folder.history(), m_last->historyCsv).and_then([&] {
        return writeFileAtomically(m_folder.tensorBoard(), tensorBoardEvents(*history, begin));
    });
}

Result<void> CheckpointKeeper::flush() {
    if (!m_last)
        return {};
    auto written =
        writeHistory().and_then([&] { return writeCheckpoint(m_folder.lastCheckpoint(), *m_last); });
    if (written && m_best)
        written = writeCheckpoint(m_folder.bestCheckpoint(), *m_best);
    m_last.reset();
    m_best.reset();
    return written;
}

} // namespace hilum
