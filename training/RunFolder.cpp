#include "training/RunFolder.h"

#include <vector>

namespace hilum {

namespace fs = std::filesystem;

bool RunFolder::holdsRun() const {
    std::error_code ignored;
    return fs::exists(config(), ignored) || fs::exists(model(), ignored) || fs::exists(folds(), ignored);
}

bool RunFolder::isComplete() const {
    std::error_code ignored;
    return fs::exists(model(), ignored) && !fs::exists(state(), ignored);
}

void RunFolder::removeRun() const {
    // The marks of a finished run go first, so that what is left after an interruption does not look like
    // one.
    std::vector<fs::path> files{evaluationJson(), crossValidationJson(),
                                model(),          predictions(),
                                evaluationText(), crossValidationText(),
                                history(),        split(),
                                skipped(),        folds(),
                                bestCheckpoint(), lastCheckpoint(),
                                state(),          features(),
                                report(),         validationPredictions(),
                                reportPdf(),      tensorBoard(),
                                shortcut(),       repeats()};
    std::error_code ignored;
    for (const fs::path& file : files)
        fs::remove(file, ignored);
    removeHeatMaps();
    removeParts(&RunFolder::fold);
    removeParts(&RunFolder::repetition);
    fs::remove(config(), ignored);
}

void RunFolder::removeParts(RunFolder (RunFolder::*part)(int) const) const {
    std::error_code ignored;
    for (int number = 1;; ++number) {
        const RunFolder folder = (this->*part)(number);
        if (!fs::exists(folder.root(), ignored))
            return;
        folder.removeRun();
        fs::remove(folder.root() / "checkpoints", ignored); // if nothing else is in it
        fs::remove(folder.root(), ignored);
    }
}

void RunFolder::removeHeatMaps() const {
    std::error_code ignored;
    std::vector<fs::path> pictures;
    for (const fs::directory_entry& entry : fs::directory_iterator(heatMaps(), ignored)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("epoch-") && name.ends_with(".png"))
            pictures.push_back(entry.path());
    }
    for (const fs::path& picture : pictures)
        fs::remove(picture, ignored);
    fs::remove(heatMaps(), ignored); // if nothing else is in it
}

Result<void> RunFolder::prepare(ExistingRun existing) const {
    if (holdsRun() && existing == ExistingRun::Refuse)
        return fail(ErrorCode::InvalidArgument,
                    "The folder already holds a run; choose another one, or overwrite it.", m_root.string());
    if (existing == ExistingRun::Overwrite)
        removeRun();
    std::error_code error;
    fs::create_directories(bestCheckpoint().parent_path(), error);
    if (error)
        return fail(ErrorCode::NotWritable, "The run folder cannot be made: " + error.message() + ".",
                    m_root.string());
    return {};
}

} // namespace hilum
