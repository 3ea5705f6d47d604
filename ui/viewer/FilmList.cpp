#include "ui/viewer/FilmList.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QScrollBar>
#include <QVBoxLayout>

#include "ui/Style.h"
#include "ui/viewer/FilmDelegate.h"
#include "ui/viewer/FilmListModel.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

constexpr int kVisibleDelayMs = 60;

QListView* makeView(FilmListModel& model, QWidget* parent) {
    auto* view = new QListView(parent);
    view->setModel(&model);
    view->setItemDelegate(new FilmDelegate(view));
    view->setUniformItemSizes(true);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    view->setSelectionMode(QAbstractItemView::SingleSelection);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setMouseTracking(true);
    view->setAccessibleName(FilmList::tr("Films"));
    return view;
}

// "Drop films or a folder here / [Ctrl+O] open"
QWidget* makeHint(QWidget* parent) {
    auto* hint = new QWidget(parent);
    auto* layout = new QVBoxLayout(hint);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->setSpacing(4);
    auto* drop = new QLabel(FilmList::tr("Drop films or a folder here"), hint);
    setRole(*drop, "small");
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    auto* key = new QLabel(QKeySequence(QKeySequence::Open).toString(QKeySequence::NativeText), hint);
    setRole(*key, "key");
    auto* open = new QLabel(FilmList::tr("open"), hint);
    setRole(*open, "small");
    row->addWidget(key);
    row->addWidget(open);
    row->addStretch();
    layout->addWidget(drop);
    layout->addLayout(row);
    return hint;
}

} // namespace

FilmList::FilmList(FilmListModel& model, QWidget* parent)
    : QWidget(parent), m_model(model), m_heading(new QLabel(this)), m_view(makeView(model, this)),
      m_hint(makeHint(this)) {
    setObjectName(QStringLiteral("FilmList"));
    setAttribute(Qt::WA_StyledBackground);
    setMinimumWidth(184);
    setFocusProxy(m_view);
    setRole(*m_heading, "heading");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(10, 12, 10, 10);
    layout->setSpacing(8);
    layout->addWidget(m_heading);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_hint);

    m_visibleDelay.setSingleShot(true);
    m_visibleDelay.setInterval(kVisibleDelayMs);
    connect(&m_visibleDelay, &QTimer::timeout, this, &FilmList::reportVisibleRows);
    const auto later = [this] { m_visibleDelay.start(); };
    connect(m_view->verticalScrollBar(), &QScrollBar::valueChanged, this, later);
    connect(&model, &QAbstractItemModel::rowsInserted, this, later);
    connect(&model, &QAbstractItemModel::rowsInserted, this, &FilmList::updateHeading);
    connect(&model, &QAbstractItemModel::modelReset, this, &FilmList::updateHeading);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& current) {
                if (current.isValid())
                    Q_EMIT rowChosen(current.row());
            });
    updateHeading();
}

void FilmList::setCurrentRow(int row) {
    const QModelIndex index = m_model.index(row);
    if (index.isValid() && index != m_view->currentIndex()) {
        m_view->setCurrentIndex(index);
        m_view->scrollTo(index);
    }
}

void FilmList::updateHeading() {
    m_hint->setVisible(m_model.count() > 0); // the empty film area says the same
    m_heading->setText(m_model.count() == 0 ? tr("FILMS") : tr("FILMS · %1").arg(grouped(m_model.count())));
}

void FilmList::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_visibleDelay.start();
}

void FilmList::reportVisibleRows() {
    const QRect area = m_view->viewport()->rect();
    const QModelIndex first = m_view->indexAt(area.topLeft() + QPoint(4, 4));
    if (!first.isValid())
        return;
    const QModelIndex last = m_view->indexAt(area.bottomLeft() + QPoint(4, -4));
    Q_EMIT visibleRowsChanged(first.row(), last.isValid() ? last.row() : m_model.count() - 1);
}

} // namespace hilum
