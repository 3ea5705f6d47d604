// What is drawn over a film besides its heat map: texts in the corners and the colour bar. Stateless.
#pragma once

#include <vector>

#include <QColor>
#include <QRect>
#include <QString>

class QPainter;

namespace hilum {

struct OverlayLine {
    QString text;
    QColor colour;
    bool isBold = false;
};

inline constexpr int kOverlayMarginPx = 12;
inline constexpr int kOverlayLinePx = 18;

// The text broken at spaces into lines of at most maxWidth (logical pixels) in the overlay's font.
std::vector<OverlayLine> wrappedLines(const QString& text, const QColor& colour, int maxWidth);

// Draws the lines into that corner of area, each cut at maxWidth. Gives the rectangle that they take.
QRect drawCorner(QPainter& painter, const QRect& area, Qt::Corner corner,
                 const std::vector<OverlayLine>& lines, int maxWidth);

// The heat colours with raw units beside them, at the left edge's middle.
void drawColourBar(QPainter& painter, const QRect& area, double scale, const QString& caption);

} // namespace hilum
