// A tiny data set made in code, in a temporary folder: one folder per class.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <QTemporaryDir>

#include "core/image/ImageWriter.h"
#include "training/Random.h"

namespace hilum::test {

class FilmFolder {
public:
    FilmFolder() : m_root(m_folder.path().toStdString()) {}

    [[nodiscard]] std::filesystem::path root() const { return m_root / "films"; }
    [[nodiscard]] std::filesystem::path scratch() const { return m_root; }

    // A square of noise around 100 with a brighter disc that stands in the upper half for kind 0, in the
    // lower half for kind 1: easy, but not at one glance.
    void addFilm(const std::string& file, int kind, std::uint64_t seed, int sidePx = 32) const {
        Random random(seed, static_cast<std::uint64_t>(kind));
        const double centerX = random.uniform(0.3, 0.7) * sidePx;
        const double centerY = (kind == 0 ? random.uniform(0.2, 0.35) : random.uniform(0.65, 0.8)) * sidePx;
        GreyImage film(sidePx, sidePx);
        for (int y = 0; y < sidePx; ++y) {
            for (int x = 0; x < sidePx; ++x) {
                const double dx = x - centerX, dy = y - centerY;
                const double inside = dx * dx + dy * dy < sidePx * sidePx / 36.0 ? 70 : 0;
                film.at(x, y) = static_cast<std::uint8_t>(80 + inside + random.uniform(0, 40));
            }
        }
        std::filesystem::create_directories((root() / file).parent_path());
        static_cast<void>(writePng(film, root() / file));
    }
    // Films 0 … count − 1 of each of two classes.
    void addClasses(int filmsPerClass, int sidePx = 32) const {
        for (int i = 0; i < filmsPerClass; ++i) {
            addFilm("High/h" + std::to_string(i) + ".png", 0, static_cast<std::uint64_t>(i), sidePx);
            addFilm("Low/l" + std::to_string(i) + ".png", 1, static_cast<std::uint64_t>(i), sidePx);
        }
    }
    void addText(const std::string& file, const std::string& text) const {
        std::filesystem::create_directories((root() / file).parent_path());
        std::ofstream(root() / file) << text;
    }

private:
    QTemporaryDir m_folder;
    std::filesystem::path m_root;
};

} // namespace hilum::test
