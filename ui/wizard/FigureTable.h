// A table of figures to look at: names down the left, right-aligned figures, no grid, nothing to select.
#pragma once

#include <QTableWidget>

namespace hilum {

class FigureTable : public QTableWidget {
    Q_OBJECT

public:
    explicit FigureTable(int rowHeightPx, QWidget* parent = nullptr);
    // Empties the cells. Long names of columns end in an ellipsis, with the whole of them as a tooltip.
    void setNames(const QStringList& rows, const QStringList& columns);
    [[nodiscard]] QSize sizeHint() const override; // all rows
    void setFigure(int row, int column, const QString& text);

private:
    QStringList m_columns; // uncut

    void fitNames();
};

} // namespace hilum
