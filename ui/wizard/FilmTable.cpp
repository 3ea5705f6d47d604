#include "ui/wizard/FilmTable.h"

#include <QTreeWidget>

#include "ui/Style.h"

namespace hilum {

QTreeWidget* makeTable(const QStringList& columns, const QString& name, QWidget* parent) {
    auto* tree = new QTreeWidget(parent);
    tree->setHeaderLabels(columns);
    tree->setRootIsDecorated(false);
    tree->setUniformRowHeights(true);
    tree->setAccessibleName(name);
    setRole(*tree, "table");
    return tree;
}

} // namespace hilum
