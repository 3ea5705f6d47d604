#include "ui/viewer/FilmOverlay.h"

#include <algorithm>
#include <cmath>

#include <QApplication>
#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>

#include "core/image/HeatMap.h"
#include "ui/Style.h"
#include "ui/TabularText.h"

namespace hilum {
namespace {

constexpr int kTextPx = 12;
constexpr int kSmallTextPx = 11;

QFont overlayFont(bool isBold, int px = kTextPx) {
    QFont font = QApplication::font();
    font.setPixelSize(px);
    font.setWeight(isBold ? QFont::DemiBold : QFont::Normal);
    return font;
}

// Readable on black, on white and on anything between: a dark edge around each letter.
void drawOutlined(QPainter& painter, QPointF baseline, const QString& text, const QColor& colour) {
    painter.setPen(QColor(0, 0, 0, 170));
    for (const QPointF offset : {QPointF(-1, 0), QPointF(1, 0), QPointF(0, -1), QPointF(0, 1),
                                 QPointF(-1, -1), QPointF(1, 1), QPointF(-1, 1), QPointF(1, -1)})
        drawTabular(painter, baseline + offset, text);
    painter.setPen(colour);
    drawTabular(painter, baseline, text);
}

// 8.4, 0.042, 120: two significant digits.
QString rawUnits(double value) {
    if (value == 0)
        return QStringLiteral("0");
    const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(value))), 0, 6);
    return QLocale().toString(value, 'f', decimals);
}

QImage gradient(int heightPx) {
    QImage image(1, heightPx, QImage::Format_RGB32);
    for (int y = 0; y < heightPx; ++y) {
        const auto& colour =
            heatColours()[static_cast<std::size_t>(255 - 255 * y / std::max(1, heightPx - 1))];
        image.setPixel(0, y, qRgb(colour[0], colour[1], colour[2]));
    }
    return image;
}

} // namespace

std::vector<OverlayLine> wrappedLines(const QString& text, const QColor& colour, int maxWidth) {
    const QFontMetricsF metrics(overlayFont(false));
    std::vector<OverlayLine> lines;
    QString line;
    for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
        if (!line.isEmpty() && tabularWidth(metrics, longer) > maxWidth) {
            lines.push_back({line, colour});
            line = word;
        } else {
            line = longer;
        }
    }
    if (!line.isEmpty())
        lines.push_back({line, colour});
    return lines;
}

QRect drawCorner(QPainter& painter, const QRect& area, Qt::Corner corner,
                 const std::vector<OverlayLine>& lines, int maxWidth) {
    const bool atRight = corner == Qt::TopRightCorner || corner == Qt::BottomRightCorner;
    const bool atBottom = corner == Qt::BottomLeftCorner || corner == Qt::BottomRightCorner;
    const int height = kOverlayLinePx * static_cast<int>(lines.size());
    const int top = atBottom ? area.bottom() + 1 - kOverlayMarginPx - height : area.top() + kOverlayMarginPx;
    int widest = 0;
    double baseline = top + kTextPx;
    for (const OverlayLine& line : lines) {
        painter.setFont(overlayFont(line.isBold));
        const QFontMetricsF metrics(painter.font());
        QString text = line.text;
        if (tabularWidth(metrics, text) > maxWidth)
            text = metrics.elidedText(text, Qt::ElideRight, maxWidth);
        const double width = tabularWidth(metrics, text);
        const double left =
            atRight ? area.right() + 1 - kOverlayMarginPx - width : area.left() + kOverlayMarginPx;
        drawOutlined(painter, {left, baseline}, text, line.colour);
        widest = std::max(widest, static_cast<int>(std::ceil(width)));
        baseline += kOverlayLinePx;
    }
    const int left = atRight ? area.right() + 1 - kOverlayMarginPx - widest : area.left() + kOverlayMarginPx;
    return {left, top, widest, height};
}

void drawColourBar(QPainter& painter, const QRect& area, double scale, const QString& caption) {
    constexpr int kBarWidth = 10;
    const int height = std::clamp(area.height() / 4, 90, 220);
    const QRect bar(area.left() + kOverlayMarginPx, area.center().y() - height / 2, kBarWidth, height);
    painter.drawImage(bar, gradient(height));
    painter.setPen(QColor(0x3A, 0x42, 0x4A));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar.adjusted(-1, -1, 0, 0));

    painter.setFont(overlayFont(false, kSmallTextPx));
    const QFontMetricsF metrics(painter.font());
    const double left = bar.right() + 7;
    const double middle = metrics.capHeight() / 2;
    const auto figure = [&](double value, double y) {
        drawOutlined(painter, {left, y}, rawUnits(value), colour::kFilmText);
    };
    figure(scale, bar.top() + metrics.capHeight());
    figure(scale / 2, bar.center().y() + middle);
    figure(0, bar.bottom() + 1);
    drawOutlined(painter, QPointF(bar.left(), bar.top() - 10), QStringLiteral("Grad-CAM"),
                 colour::kSecondaryText);
    drawOutlined(painter, QPointF(bar.left(), bar.bottom() + 10 + metrics.capHeight()), caption,
                 colour::kFilmText);
}

} // namespace hilum
