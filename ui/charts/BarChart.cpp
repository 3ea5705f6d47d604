#include "ui/charts/BarChart.h"

#include <algorithm>

#include <QPainter>

#include "ui/Style.h"
#include "ui/TabularText.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

constexpr int kRowHeight = 40;
constexpr int kBarHeight = 8;

} // namespace

BarChart::BarChart(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
}

void BarChart::setBars(std::vector<Bar> bars) {
    m_bars = std::move(bars);
    QStringList texts;
    for (const Bar& bar : m_bars)
        texts << QStringLiteral("%1 %2").arg(bar.name).arg(bar.count);
    setAccessibleName(texts.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

QSize BarChart::sizeHint() const { return {220, kRowHeight * std::max(1, static_cast<int>(m_bars.size()))}; }

void BarChart::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    long total = 0, most = 1;
    for (const Bar& bar : m_bars) {
        total += bar.count;
        most = std::max(most, bar.count);
    }
    const QFontMetricsF metrics(font());
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const Bar& bar = m_bars[i];
        const double top = static_cast<double>(i) * kRowHeight;
        const double share = total > 0 ? static_cast<double>(bar.count) / static_cast<double>(total) : 0;
        const QString figure = QStringLiteral("%1 · %2").arg(grouped(bar.count), percent(share, 0));
        const double figureWidth = tabularWidth(metrics, figure);
        painter.setPen(colour::kText);
        painter.drawText(QPointF(0, top + 16),
                         metrics.elidedText(bar.name, Qt::ElideRight, width() - figureWidth - 12));
        painter.setPen(colour::kSecondaryText);
        drawTabular(painter, {width() - figureWidth, top + 16}, figure);
        QRectF track(0, top + 23, width(), kBarHeight);
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour::kLine);
        painter.drawRoundedRect(track, 4, 4);
        track.setWidth(std::max(kBarHeight * 1.0,
                                track.width() * static_cast<double>(bar.count) / static_cast<double>(most)));
        painter.setBrush(bar.colour);
        painter.drawRoundedRect(track, 4, 4);
    }
}

} // namespace hilum
