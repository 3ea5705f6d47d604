// One film as the augmentation would show it to the network, several times over.
#pragma once

#include <vector>

#include <QImage>
#include <QWidget>

#include "core/domain/Raster.h"
#include "training/TrainingConfig.h"

namespace hilum {

class AugmentationPreview : public QWidget {
    Q_OBJECT

public:
    static constexpr int kFilmPx = 160; // side of the square that is augmented

    explicit AugmentationPreview(QWidget* parent = nullptr);
    void setFilm(const GreyImage& square);
    void setConfig(const AugmentationConfig& config);
    void drawAgain(); // other random numbers
    [[nodiscard]] const std::vector<QImage>& variants() const {
        return m_variants;
    } // the first one is the film itself
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void compute();

    GreyImage m_film;
    AugmentationConfig m_config;
    std::uint64_t m_seed = 1;
    std::vector<QImage> m_variants;
};

} // namespace hilum
