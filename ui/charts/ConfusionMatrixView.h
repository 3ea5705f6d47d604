// A confusion matrix: true classes down, predicted ones across, counts with the share of their row. A click
// on a cell, or Enter on the one with the frame, asks for its films.
#pragma once

#include <QStringList>
#include <QWidget>

#include "training/Metrics.h"

namespace hilum {

class ConfusionMatrixView : public QWidget {
    Q_OBJECT

public:
    explicit ConfusionMatrixView(QWidget* parent = nullptr);
    void setMatrix(const ConfusionMatrix& matrix, const QStringList& labels);
    [[nodiscard]] QRectF cell(int truth, int predicted) const; // in the widget's pixels

Q_SIGNALS:
    void cellChosen(int truth, int predicted);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Place {
        int truth = -1;
        int predicted = -1;
    };
    [[nodiscard]] Place placeAt(QPointF position) const;
    void paintCell(QPainter& painter, int truth, int predicted) const;
    void choose(Place place);

    ConfusionMatrix m_matrix;
    QStringList m_labels;
    Place m_hovered;
    Place m_chosen;
};

} // namespace hilum
