// Text whose digits are all equally wide, so that live figures do not jitter. (QFont can ask for tabular
// figures from Qt 6.7 on only.)
#pragma once

#include <QFontMetricsF>
#include <QPointF>
#include <QString>

class QPainter;

namespace hilum {

double tabularWidth(const QFontMetricsF& metrics, const QString& text);
// Draws with the painter's font and pen; position is the left end of the baseline.
void drawTabular(QPainter& painter, QPointF position, const QString& text);

} // namespace hilum
