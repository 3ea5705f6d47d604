#include "ui/KeysDialog.h"

#include <utility>
#include <vector>

#include <QAction>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/Style.h"
#include "ui/viewer/ViewActions.h"

namespace hilum {
namespace {

using Rows = std::vector<std::pair<QString, QString>>; // what is done, with which keys

QString plainText(const QAction& action) {
    QString text = action.text();
    return text.remove(QLatin1Char('&')).remove(QStringLiteral("…"));
}

Rows rowsOf(const QList<QAction*>& actions) {
    Rows rows;
    for (const QAction* action : actions) {
        QStringList keys;
        for (const QKeySequence& key : action->shortcuts())
            keys << key.toString(QKeySequence::NativeText);
        keys.removeDuplicates();
        rows.emplace_back(plainText(*action), keys.mid(0, 2).join(QStringLiteral("  ")));
    }
    return rows;
}

Rows mouseRows() {
    return {{KeysDialog::tr("Window: right wider, up brighter"), KeysDialog::tr("left drag")},
            {KeysDialog::tr("… coarse, fine"), KeysDialog::tr("with Ctrl, Shift")},
            {KeysDialog::tr("Pan"), KeysDialog::tr("middle drag")},
            {KeysDialog::tr("Zoom at the cursor"), KeysDialog::tr("wheel, right drag")},
            {KeysDialog::tr("Fit"), KeysDialog::tr("double click")},
            {KeysDialog::tr("Menu"), KeysDialog::tr("right click")}};
}

Rows arrowRows() {
    return {{KeysDialog::tr("Previous, next film"), KeysDialog::tr("arrows")},
            {KeysDialog::tr("Pan"), KeysDialog::tr("Shift + arrows")},
            {KeysDialog::tr("Window"), KeysDialog::tr("Ctrl + arrows")}};
}

void addBlock(QVBoxLayout& column, const QString& heading, const Rows& rows, QWidget* parent) {
    auto* title = new QLabel(heading, parent);
    setRole(*title, "heading");
    title->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    column.addWidget(title);
    auto* grid = new QGridLayout;
    grid->setVerticalSpacing(7);
    grid->setHorizontalSpacing(16);
    grid->setColumnStretch(0, 1);
    int line = 0;
    for (const auto& [what, keys] : rows) {
        grid->addWidget(new QLabel(what, parent), line, 0);
        auto* key = new QLabel(keys, parent);
        setRole(*key, "key");
        grid->addWidget(key, line++, 1, Qt::AlignRight);
    }
    column.addLayout(grid);
    column.addSpacing(12);
}

} // namespace

KeysDialog::KeysDialog(const ViewActions& actions, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Keys and mouse"));
    auto* left = new QVBoxLayout;
    addBlock(*left, tr("MOUSE ON THE FILM"), mouseRows(), this);
    addBlock(*left, tr("ON THE FILM"), arrowRows(), this);
    addBlock(*left, tr("HEAT MAP"),
             rowsOf({actions.heatMap, actions.nextClass, actions.toggleScale, actions.lessOpaque,
                     actions.moreOpaque}),
             this);
    left->addStretch();
    auto* right = new QVBoxLayout;
    addBlock(*right, tr("FILMS"),
             rowsOf({actions.openFilms, actions.openFolder, actions.openModel, actions.closeAll,
                     actions.previousFilm, actions.nextFilm, actions.quit}),
             this);
    addBlock(*right, tr("PAGES"), rowsOf({actions.goRead, actions.goTrain, actions.goModels}), this);
    addBlock(*right, tr("VIEW"),
             rowsOf({actions.autoWindow, actions.invert, actions.fit, actions.oneToOne, actions.zoomIn,
                     actions.zoomOut, actions.reset, actions.texts, actions.details, actions.fullScreen}),
             this);
    right->addStretch();
    left->setSpacing(8);
    right->setSpacing(8);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(40);
    columns->addLayout(left, 1);
    columns->addLayout(right, 1);

    auto* close = new QPushButton(tr("Close"), this);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 20, 24, 16);
    layout->addLayout(columns);
    layout->addWidget(close, 0, Qt::AlignRight);
    setMinimumWidth(680);
}

} // namespace hilum
