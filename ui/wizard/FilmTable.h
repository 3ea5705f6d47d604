// A table of runs or films to choose from.
#pragma once

#include <QStringList>

class QTreeWidget;
class QWidget;

namespace hilum {

// name: for screen readers.
QTreeWidget* makeTable(const QStringList& columns, const QString& name, QWidget* parent);

} // namespace hilum
