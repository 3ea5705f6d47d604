// A page for a browser: films, probabilities and heat maps of a batch of readings, in one file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/domain/ModelCard.h"
#include "core/domain/Radiograph.h"
#include "core/domain/Reading.h"
#include "core/domain/Result.h"

namespace hilum {

// A network's figure in [0, 1] with one decimal, never as certain: "97.8 %", "<0.1 %", ">99.9 %".
std::string probabilityText(double probability);

// Collects one entry a film as the batch goes on and holds small pictures only, never the films.
class Report {
public:
    // A film that was read; the header's patient fields are left out of the page.
    void addReading(const std::filesystem::path& file, const Radiograph& film, const Reading& reading);
    // A film that could not be read.
    void addError(const std::filesystem::path& file, const Error& error);
    // A model whose readings the page shows: its limits stand at the top.
    void addModel(const ModelCard& card, const std::string& sha256);

    // Self-contained HTML 5, pictures embedded as PNG. Errors: NotWritable.
    [[nodiscard]] Result<void> write(const std::filesystem::path& file) const;

private:
    std::string m_models; // HTML
    std::string m_films;  // HTML
    int m_filmCount = 0;
};

} // namespace hilum
