// Validation films with the heat map of the class that the network takes them for, as they were after an
// epoch.
#pragma once

#include <filesystem>
#include <vector>

#include <QImage>
#include <QWidget>

#include "training/TrainingEvents.h"

namespace hilum {

class PinnedFilms : public QWidget {
    Q_OBJECT

public:
    explicit PinnedFilms(QWidget* parent = nullptr);
    // The pictures lie in runFolder; one that cannot be read is left black.
    void setFilms(const HeatMapsEvent& maps, const std::filesystem::path& runFolder);
    [[nodiscard]] QSize sizeHint() const override { return {420, 104}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tool tips

private:
    struct Item {
        QImage image;
        QString words;
        QString tip;
        bool isRight = false;
    };
    [[nodiscard]] QRect place(std::size_t number) const;

    std::vector<Item> m_items;
};

} // namespace hilum
