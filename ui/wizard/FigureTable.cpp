#include "ui/wizard/FigureTable.h"

#include <algorithm>

#include <QHeaderView>

namespace hilum {
namespace {

constexpr int kFewestRows = 4; // that are in sight; of more the table scrolls

} // namespace

FigureTable::FigureTable(int rowHeightPx, QWidget* parent) : QTableWidget(parent) {
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::NoSelection);
    setFocusPolicy(Qt::NoFocus);
    setShowGrid(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    verticalHeader()->setDefaultSectionSize(rowHeightPx);
    verticalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setTextElideMode(Qt::ElideRight);
    horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void FigureTable::setNames(const QStringList& rows, const QStringList& columns) {
    clear();
    setRowCount(static_cast<int>(rows.size()));
    setColumnCount(static_cast<int>(columns.size()));
    setVerticalHeaderLabels(rows);
    setHorizontalHeaderLabels(columns);
    const int rowHeight = verticalHeader()->defaultSectionSize();
    const auto heightOf = [&](int count) { return horizontalHeader()->sizeHint().height() + count * rowHeight + 2; };
    setMinimumHeight(heightOf(std::min(rowCount(), kFewestRows)));
    setMaximumHeight(heightOf(rowCount()));
}

QSize FigureTable::sizeHint() const {
    const QSize usual = QTableWidget::sizeHint();
    return columnCount() == 0 ? usual : QSize(usual.width(), maximumHeight());
}

void FigureTable::setFigure(int row, int column, const QString& text) {
    auto* item = new QTableWidgetItem(text);
    item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    setItem(row, column, item);
}

} // namespace hilum
