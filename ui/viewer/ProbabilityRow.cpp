#include "ui/viewer/ProbabilityRow.h"

#include <algorithm>

#include <QPainter>

#include "ui/Style.h"
#include "ui/TabularText.h"
#include "ui/viewer/FilmText.h"

namespace hilum {

ProbabilityRow::ProbabilityRow(const QString& label, const QColor& colour, QWidget* parent)
    : QAbstractButton(parent), m_colour(colour) {
    setText(label);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    setToolTip(tr("Show this class's heat map (C: next class)"));
    setProbability(-1);
}

void ProbabilityRow::setProbability(double probability) {
    m_probability = probability;
    setAccessibleName(probability < 0 ? text() : tr("%1, %2").arg(text(), probabilityText(probability)));
    update();
}

void ProbabilityRow::setBest(bool isBest) {
    m_isBest = isBest;
    update();
}

void ProbabilityRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QString figure = m_probability < 0 ? QStringLiteral("–") : probabilityText(m_probability);
    QFont font = this->font();
    font.setWeight(QFont::DemiBold);
    const double figureWidth = tabularWidth(QFontMetricsF(font), figure);
    const QFontMetrics metrics(this->font());
    const int baseline = 4 + metrics.ascent();

    painter.setPen(m_isBest || m_probability < 0 || underMouse() ? colour::kText : QColor(0xC9, 0xD1, 0xD8));
    const int room = width() - static_cast<int>(figureWidth) - 16;
    painter.drawText(QPointF(0, baseline), metrics.elidedText(text(), Qt::ElideRight, room));
    painter.setFont(font);
    painter.setPen(m_probability < 0 ? colour::kDisabledText : colour::kText);
    drawTabular(painter, {width() - figureWidth, static_cast<double>(baseline)}, figure);

    const QRectF track(0, height() - 14, width(), 8);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour::kLine);
    painter.drawRoundedRect(track, 4, 4);
    if (m_probability > 0) {
        painter.setBrush(m_colour);
        QRectF bar = track;
        bar.setWidth(std::max(track.width() * m_probability, 8.0)); // a sliver stays visible as a dot
        painter.drawRoundedRect(bar, 4, 4);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(colour::kAccent);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

} // namespace hilum
