// The files of a training run. docs/run-folder.md describes them. Every file is written whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/domain/Result.h"

namespace hilum {

enum class ExistingRun {
    Refuse,    // an error
    Overwrite, // its files are removed; foreign files stay
    Resume,    // it goes on after its last epoch that was kept
};

class RunFolder {
public:
    explicit RunFolder(std::filesystem::path root) : m_root(std::move(root)) {}

    // Makes the folder and its checkpoints folder; removes a run that is there, if so asked.
    // Errors: InvalidArgument (a run is there), NotWritable.
    [[nodiscard]] Result<void> prepare(ExistingRun existing) const;
    [[nodiscard]] bool holdsRun() const;
    // It has a model whose training was neither stopped nor interrupted.
    [[nodiscard]] bool isComplete() const;

    [[nodiscard]] const std::filesystem::path& root() const { return m_root; }
    [[nodiscard]] std::filesystem::path config() const { return m_root / "config.json"; }
    [[nodiscard]] std::filesystem::path split() const { return m_root / "split.csv"; }
    [[nodiscard]] std::filesystem::path skipped() const { return m_root / "skipped.csv"; }
    [[nodiscard]] std::filesystem::path history() const { return m_root / "history.csv"; }
    // The same for TensorBoard, whose --logdir is the folder that holds the runs.
    [[nodiscard]] std::filesystem::path tensorBoard() const { return m_root / "events.out.tfevents.hilum"; }
    [[nodiscard]] std::filesystem::path bestCheckpoint() const {
        return m_root / "checkpoints" / "best.safetensors";
    }
    [[nodiscard]] std::filesystem::path lastCheckpoint() const {
        return m_root / "checkpoints" / "last.safetensors";
    }
    // What a training needs to go on. Stands there from its beginning until it is complete: see isComplete().
    [[nodiscard]] std::filesystem::path state() const { return m_root / "checkpoints" / "state.safetensors"; }
    // Pictures of pinned films, epoch-001-1.png and so on.
    [[nodiscard]] std::filesystem::path heatMaps() const { return m_root / "heatmaps"; }
    // While a training with a frozen part runs, where its features do not fit in memory.
    [[nodiscard]] std::filesystem::path features() const { return m_root / "features.tmp"; }
    [[nodiscard]] std::filesystem::path model() const { return m_root / "model.safetensors"; }
    [[nodiscard]] std::filesystem::path evaluationJson() const { return m_root / "evaluation.json"; }
    [[nodiscard]] std::filesystem::path evaluationText() const { return m_root / "evaluation.txt"; }
    [[nodiscard]] std::filesystem::path predictions() const { return m_root / "predictions.csv"; }
    // As predictions(), of the validation films: what temperature and thresholds are chosen on.
    [[nodiscard]] std::filesystem::path validationPredictions() const {
        return m_root / "validation-predictions.csv";
    }
    [[nodiscard]] std::filesystem::path shortcut() const { return m_root / "shortcut.json"; }
    [[nodiscard]] std::filesystem::path report() const { return m_root / "report.html"; }
    [[nodiscard]] std::filesystem::path reportPdf() const { return m_root / "report.pdf"; }
    [[nodiscard]] std::filesystem::path folds() const { return m_root / "folds.csv"; }
    [[nodiscard]] std::filesystem::path crossValidationJson() const {
        return m_root / "cross-validation.json";
    }
    [[nodiscard]] std::filesystem::path crossValidationText() const {
        return m_root / "cross-validation.txt";
    }
    [[nodiscard]] RunFolder fold(int number) const { // from 1
        return RunFolder(m_root / "folds" / ("fold-" + std::to_string(number)));
    }
    [[nodiscard]] std::filesystem::path repeats() const { return m_root / "repeats.json"; }
    // The run itself is the first.
    [[nodiscard]] RunFolder repetition(int number) const { // from 1
        return RunFolder(m_root / "repeats" / ("run-" + std::to_string(number + 1)));
    }

private:
    std::filesystem::path m_root;

    void removeRun() const;
    void removeParts(RunFolder (RunFolder::*part)(int) const) const;
    void removeHeatMaps() const;
};

} // namespace hilum
