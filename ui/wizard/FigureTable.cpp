#include "ui/wizard/FigureTable.h"

#include <algorithm>

#include <QHeaderView>
#include <QStyleOptionHeader>

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
    horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    connect(horizontalHeader(), &QHeaderView::sectionResized, this, &FigureTable::fitNames,
            Qt::QueuedConnection); // when all have their size
}

void FigureTable::setNames(const QStringList& rows, const QStringList& columns) {
    m_columns.clear();
    clear();
    setRowCount(static_cast<int>(rows.size()));
    setColumnCount(static_cast<int>(columns.size()));
    setVerticalHeaderLabels(rows);
    setHorizontalHeaderLabels(columns);
    m_columns = columns;
    fitNames();
    const int rowHeight = verticalHeader()->defaultSectionSize();
    const auto heightOf = [&](int count) {
        return horizontalHeader()->sizeHint().height() + count * rowHeight + 2;
    };
    setMinimumHeight(heightOf(std::min(rowCount(), kFewestRows)));
    setMaximumHeight(heightOf(rowCount()));
}

// A header with margins of a style sheet cuts its text without a sign, a right-aligned one at its front.
void FigureTable::fitNames() {
    QHeaderView* header = horizontalHeader();
    QStyleOptionHeader section;
    section.initFrom(header);
    for (int column = 0; column < static_cast<int>(m_columns.size()); ++column) {
        const QString& name = m_columns[column];
        section.rect.setWidth(header->sectionSize(column));
        const int room = style()->subElementRect(QStyle::SE_HeaderLabel, &section, header).width() - 1;
        const QString shown = header->fontMetrics().elidedText(name, Qt::ElideRight, room);
        horizontalHeaderItem(column)->setText(shown);
        horizontalHeaderItem(column)->setToolTip(shown == name ? QString() : name);
    }
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
