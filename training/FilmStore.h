// The films of a data set as the 8-bit squares that a network sees before normalisation: decoded once and
// kept in memory, as far as the limit allows; the others are decoded whenever they are asked for. Thread-safe
// after load().
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "core/domain/FilmReader.h"
#include "core/domain/ModelCard.h"
#include "core/domain/Raster.h"
#include "core/domain/Result.h"
#include "training/DatasetIndex.h"

namespace hilum {

class FilmStore {
public:
    struct Options {
        int inputSizePx = 224;
        FitMode fit = FitMode::Stretch;
        std::size_t memoryLimitBytes = std::size_t{4096} << 20;
        int threads = 1;
        FilmReader readFilm{}; // absent: readRadiograph()
    };
    using Progress = std::function<void(long done, long total)>; // on the calling thread

    // Decodes every film of index; those that cannot be read are moved to index.skipped. Film i of the store
    // is film i of index afterwards. Errors: Cancelled, OutOfMemory, Internal.
    static Result<FilmStore> load(DatasetIndex& index, const Options& options, const Progress& progress,
                                  std::stop_token stop);

    [[nodiscard]] std::size_t size() const { return m_squares.size(); }
    [[nodiscard]] std::size_t inMemory() const;
    [[nodiscard]] const Options& options() const { return m_options; }
    [[nodiscard]] int label(std::size_t film) const { return m_labels[film]; }
    // Never null. Errors: those of readRadiograph().
    [[nodiscard]] Result<std::shared_ptr<const GreyImage>> square(std::size_t film) const;

private:
    Options m_options;
    std::vector<std::filesystem::path> m_files;
    std::vector<int> m_labels;
    std::vector<std::shared_ptr<const GreyImage>> m_squares; // null: not in memory
};

} // namespace hilum
