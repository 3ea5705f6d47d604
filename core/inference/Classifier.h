// One loaded model, ready to read films. Loading is slow: keep one instance.
// Not thread-safe: calls must not overlap. Movable, not copyable.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Radiograph.h"
#include "core/domain/Reading.h"
#include "core/domain/Result.h"
#include "core/inference/EngineChoice.h"

namespace hilum {

class Classifier {
public:
    // Checks the format's version, every tensor's name and shape, and the reference output.
    // Errors: NotFound, NotReadable, BadModelFile, UnsupportedVersion, TooLarge, UnsupportedFormat (the
    // precision or the network, on this machine), OutOfMemory.
    static Result<Classifier> load(const std::filesystem::path& file, Precision precision = Precision::Auto);

    Classifier(Classifier&&) noexcept;
    Classifier& operator=(Classifier&&) noexcept;
    ~Classifier();

    [[nodiscard]] const ModelCard& card() const;
    [[nodiscard]] const std::string& sha256() const; // of the model file, 64 hexadecimal digits
    [[nodiscard]] const std::filesystem::path& file() const;
    [[nodiscard]] std::string engineName() const; // for people, e.g. "oneDNN 2.6.3, fp32"

    // Probabilities in card().labels order and, unless explain is No, one heat map per label.
    // Errors: Cancelled, OutOfMemory, Internal.
    Result<Reading> read(const Radiograph& film, Explain explain = Explain::EveryClass,
                         std::stop_token stop = {});

private:
    struct Impl;
    explicit Classifier(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

// The card alone, without building the network; for model pickers. Errors: as load().
Result<ModelCard> readModelCard(const std::filesystem::path& file);

} // namespace hilum
