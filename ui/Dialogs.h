// Dialogs that open beside the event loop and go when they are closed.
#pragma once

#include <functional>

#include <QString>

class QDialog;
class QFileDialog;
class QWidget;

namespace hilum {

void openDialog(QDialog* dialog);
// Large enough for names and dates where the desktop has no dialog of its own.
void openFileDialog(QFileDialog* dialog);

using PathChosen = std::function<void(const QString& path)>;

// chosen is called where the user picks one; never after the parent is gone.
void chooseFolder(QWidget* parent, const QString& title, const QString& folder, const PathChosen& chosen);
// An existing file. filter: e.g. "Tables (*.csv)".
void chooseFile(QWidget* parent, const QString& title, const QString& folder, const QString& filter,
                const PathChosen& chosen);

} // namespace hilum
