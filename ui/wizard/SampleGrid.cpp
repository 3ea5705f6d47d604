#include "ui/wizard/SampleGrid.h"

#include <algorithm>

#include <QPainter>
#include <QPainterPath>

#include "ui/Style.h"

namespace hilum {
namespace {

constexpr int kSide = 72;
constexpr int kGap = 8;
constexpr int kNameWidth = 132;

} // namespace

SampleGrid::SampleGrid(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void SampleGrid::setRows(const QStringList& names, int columns, Sample sample) {
    m_names = names;
    m_columns = columns;
    m_sample = std::move(sample);
    setAccessibleName(tr("Sample films of %1").arg(names.join(QStringLiteral(", "))));
    updateGeometry();
    update();
}

QSize SampleGrid::sizeHint() const {
    return {kNameWidth + m_columns * (kSide + kGap),
            std::max(1, static_cast<int>(m_names.size())) * (kSide + kGap)};
}

QSize SampleGrid::minimumSizeHint() const { return sizeHint(); }

void SampleGrid::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    const QFontMetrics metrics(font());
    for (int row = 0; row < m_names.size(); ++row) {
        const int top = row * (kSide + kGap);
        painter.setPen(colour::kFilmText);
        painter.drawText(QRect(0, top, kNameWidth - 8, kSide), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(m_names[row], Qt::ElideRight, kNameWidth - 8));
        for (int column = 0; column < m_columns; ++column) {
            const QRect place(kNameWidth + column * (kSide + kGap), top, kSide, kSide);
            QPainterPath shape;
            shape.addRoundedRect(place, 5, 5);
            painter.fillPath(shape, colour::kFilmArea);
            const QImage image = m_sample ? m_sample(row, column) : QImage();
            if (image.isNull())
                continue;
            painter.setClipPath(shape);
            painter.drawImage(place, image);
            painter.setClipping(false);
        }
    }
}

} // namespace hilum
