#include "training/CheckpointKeeper.h"

#include <utility>

#include "core/storage/AtomicFile.h"

namespace hilum {

Result<void> CheckpointKeeper::keep(Checkpoint checkpoint, bool best) {
    if (best)
        m_best = checkpoint; // shares the tensors
    m_last = std::move(checkpoint);
    if (m_written && std::chrono::steady_clock::now() - *m_written < m_pause)
        return {};
    return flush();
}

Result<void> CheckpointKeeper::flush() {
    if (!m_last)
        return {};
    auto written = writeFileAtomically(m_folder.history(), m_last->historyCsv).and_then([&] {
        return writeCheckpoint(m_folder.lastCheckpoint(), *m_last);
    });
    if (written && m_best)
        written = writeCheckpoint(m_folder.bestCheckpoint(), *m_best);
    m_last.reset();
    m_best.reset();
    m_written = std::chrono::steady_clock::now();
    return written;
}

} // namespace hilum
