#include "ui/charts/ConfusionMatrixView.h"

#include <algorithm>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include "ui/Style.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

constexpr double kLeft = 104; // names of the true classes
constexpr double kTop = 40;   // names of the predicted ones
constexpr double kGap = 3;

} // namespace

ConfusionMatrixView::ConfusionMatrixView(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumSize(300, 190);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void ConfusionMatrixView::setMatrix(const ConfusionMatrix& matrix, const QStringList& labels) {
    m_matrix = matrix;
    m_labels = labels;
    m_hovered = m_chosen = {};
    setAccessibleName(tr("Confusion matrix: %1 of %2 films right").arg(matrix.correct()).arg(matrix.total()));
    update();
}

QRectF ConfusionMatrixView::cell(int truth, int predicted) const {
    const int count = std::max(1, m_matrix.labelCount);
    const double width = (this->width() - kLeft) / count;
    const double height = (this->height() - kTop) / count;
    return {kLeft + predicted * width, kTop + truth * height, width - kGap, height - kGap};
}

ConfusionMatrixView::Place ConfusionMatrixView::placeAt(QPointF position) const {
    for (int truth = 0; truth < m_matrix.labelCount; ++truth)
        for (int predicted = 0; predicted < m_matrix.labelCount; ++predicted)
            if (cell(truth, predicted).contains(position))
                return {truth, predicted};
    return {};
}

void ConfusionMatrixView::paintCell(QPainter& painter, int truth, int predicted) const {
    long row = 0;
    for (int i = 0; i < m_matrix.labelCount; ++i)
        row += m_matrix.at(truth, i);
    const long count = m_matrix.at(truth, predicted);
    const double share = row > 0 ? static_cast<double>(count) / static_cast<double>(row) : 0;
    const QRectF place = cell(truth, predicted);
    const QColor strong = truth == predicted ? QColor(0x2A, 0x7A, 0x9E) : QColor(0xB0, 0x55, 0x3A);
    QColor ground = strong;
    ground.setAlphaF(static_cast<float>(0.08 + 0.85 * share));
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(place, 4, 4);
    const bool isFramed = (truth == m_hovered.truth && predicted == m_hovered.predicted) ||
                          (hasFocus() && truth == m_chosen.truth && predicted == m_chosen.predicted);
    if (isFramed) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(colour::kAccent);
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
    QFont large = font();
    large.setPixelSize(16);
    large.setWeight(QFont::DemiBold);
    painter.setFont(large);
    painter.setPen(Qt::white);
    painter.drawText(place.adjusted(0, 0, 0, -14), Qt::AlignCenter, grouped(count));
    QFont small = font();
    small.setPixelSize(11);
    painter.setFont(small);
    painter.setPen(QColor(0xE6, 0xE9, 0xEC, 210));
    painter.drawText(place.adjusted(0, 20, 0, 0), Qt::AlignCenter, percent(share, 1));
}

void ConfusionMatrixView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont small = font();
    small.setPixelSize(11);
    const QFontMetrics metrics(small);
    for (int i = 0; i < m_matrix.labelCount; ++i) {
        painter.setFont(small);
        painter.setPen(colour::kSecondaryText);
        const QRectF column = cell(0, i), row = cell(i, 0);
        painter.drawText(QRectF(column.left(), 18, column.width(), 18), Qt::AlignCenter,
                         metrics.elidedText(m_labels[i], Qt::ElideRight, static_cast<int>(column.width())));
        painter.drawText(QRectF(0, row.top(), kLeft - 8, row.height()), Qt::AlignRight | Qt::AlignVCenter,
                         metrics.elidedText(m_labels[i], Qt::ElideRight, static_cast<int>(kLeft - 8)));
        for (int predicted = 0; predicted < m_matrix.labelCount; ++predicted)
            paintCell(painter, i, predicted);
    }
    painter.setFont(small);
    painter.setPen(colour::kDisabledText);
    painter.drawText(QRectF(kLeft, 0, width() - kLeft, 16), Qt::AlignCenter, tr("read as"));
    painter.drawText(QRectF(0, 18, kLeft - 8, 18), Qt::AlignRight | Qt::AlignVCenter, tr("is"));
}

void ConfusionMatrixView::choose(Place place) {
    if (place.truth < 0)
        return;
    m_chosen = place;
    update();
    Q_EMIT cellChosen(place.truth, place.predicted);
}

void ConfusionMatrixView::mouseMoveEvent(QMouseEvent* event) {
    m_hovered = placeAt(event->position());
    setCursor(m_hovered.truth >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (m_hovered.truth >= 0)
        setToolTip(tr("%1 read as %2: show the films")
                       .arg(m_labels[m_hovered.truth], m_labels[m_hovered.predicted])
                       .toHtmlEscaped());
    update();
}

void ConfusionMatrixView::mouseReleaseEvent(QMouseEvent* event) { choose(placeAt(event->position())); }

void ConfusionMatrixView::keyPressEvent(QKeyEvent* event) {
    const int last = m_matrix.labelCount - 1;
    Place place{std::max(0, m_chosen.truth), std::max(0, m_chosen.predicted)};
    switch (event->key()) {
    case Qt::Key_Left:
        place.predicted = std::max(0, place.predicted - 1);
        break;
    case Qt::Key_Right:
        place.predicted = std::min(last, place.predicted + 1);
        break;
    case Qt::Key_Up:
        place.truth = std::max(0, place.truth - 1);
        break;
    case Qt::Key_Down:
        place.truth = std::min(last, place.truth + 1);
        break;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
        return choose(place);
    default:
        return QWidget::keyPressEvent(event);
    }
    m_chosen = place;
    update();
}

void ConfusionMatrixView::leaveEvent(QEvent*) {
    m_hovered = {};
    update();
}

} // namespace hilum
