#include "ui/TabularText.h"

#include <algorithm>

#include <QPainter>

namespace hilum {
namespace {

double digitWidth(const QFontMetricsF& metrics) {
    double widest = 0;
    for (char digit = '0'; digit <= '9'; ++digit)
        widest = std::max(widest, metrics.horizontalAdvance(QLatin1Char(digit)));
    return widest;
}

bool isDigit(QChar character) { return character >= QLatin1Char('0') && character <= QLatin1Char('9'); }

// Calls use(run, width) for each digit, and for each stretch of other characters.
template <class Use>
void forEachRun(const QFontMetricsF& metrics, const QString& text, const Use& use) {
    const double digit = digitWidth(metrics);
    for (qsizetype begin = 0; begin < text.size();) {
        qsizetype end = begin + 1;
        if (!isDigit(text[begin])) {
            while (end < text.size() && !isDigit(text[end]))
                ++end;
        }
        const QString run = text.mid(begin, end - begin);
        use(run, isDigit(run[0]) ? digit : metrics.horizontalAdvance(run));
        begin = end;
    }
}

} // namespace

double tabularWidth(const QFontMetricsF& metrics, const QString& text) {
    double width = 0;
    forEachRun(metrics, text, [&](const QString&, double advance) { width += advance; });
    return width;
}

void drawTabular(QPainter& painter, QPointF position, const QString& text) {
    const QFontMetricsF metrics(painter.font());
    forEachRun(metrics, text, [&](const QString& run, double advance) {
        const double inset = isDigit(run[0]) ? (advance - metrics.horizontalAdvance(run)) / 2 : 0;
        painter.drawText(position + QPointF(inset, 0), run);
        position.rx() += advance;
    });
}

} // namespace hilum
