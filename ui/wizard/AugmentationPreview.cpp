#include "ui/wizard/AugmentationPreview.h"

#include <QPainter>
#include <QPainterPath>

#include "training/Augmenter.h"
#include "ui/Style.h"

namespace hilum {
namespace {

constexpr int kColumns = 3;
constexpr int kRows = 2;
constexpr int kSide = 92;
constexpr int kGap = 6;

QImage toImage(const GreyImage& grey) {
    return QImage(grey.values.data(), grey.widthPx, grey.heightPx, grey.widthPx, QImage::Format_Grayscale8)
        .copy();
}

} // namespace

AugmentationPreview::AugmentationPreview(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(tr("One film as the augmentation shows it to the network"));
}

QSize AugmentationPreview::sizeHint() const {
    return {kColumns * (kSide + kGap) - kGap, kRows * (kSide + kGap) - kGap};
}

void AugmentationPreview::setFilm(const GreyImage& square) {
    m_film = square;
    compute();
}

void AugmentationPreview::setConfig(const AugmentationConfig& config) {
    m_config = config;
    compute();
}

void AugmentationPreview::drawAgain() {
    ++m_seed;
    compute();
}

void AugmentationPreview::compute() {
    m_variants.clear();
    if (!m_film.empty()) {
        m_variants.push_back(toImage(m_film));
        Random random(m_seed);
        for (int i = 1; i < kColumns * kRows; ++i)
            m_variants.push_back(
                toImage(augmented(m_film, drawAugmentation(m_config, random), m_config.border)));
    }
    update();
}

void AugmentationPreview::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    for (int i = 0; i < kColumns * kRows; ++i) {
        const QRect place((i % kColumns) * (kSide + kGap), (i / kColumns) * (kSide + kGap), kSide, kSide);
        QPainterPath shape;
        shape.addRoundedRect(place, 5, 5);
        painter.fillPath(shape, colour::kFilmArea);
        if (static_cast<std::size_t>(i) >= m_variants.size())
            continue;
        painter.setClipPath(shape);
        painter.drawImage(place, m_variants[static_cast<std::size_t>(i)]);
        painter.setClipping(false);
        if (i > 0)
            continue;
        painter.fillRect(place.adjusted(0, kSide - 20, 0, 0), QColor(0, 0, 0, 150));
        painter.setPen(colour::kFilmText);
        QFont small = font();
        small.setPixelSize(11);
        painter.setFont(small);
        painter.drawText(place.adjusted(5, 0, 0, -4), Qt::AlignLeft | Qt::AlignBottom, tr("the film"));
    }
}

} // namespace hilum
