#include "ui/Dialogs.h"

#include <QFileDialog>

namespace hilum {

void openDialog(QDialog* dialog) {
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void openFileDialog(QFileDialog* dialog) {
    dialog->resize(880, 560);
    openDialog(dialog);
}

void chooseFolder(QWidget* parent, const QString& title, const QString& folder, const PathChosen& chosen) {
    auto* dialog = new QFileDialog(parent, title, folder);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    openFileDialog(dialog);
}

void chooseFile(QWidget* parent, const QString& title, const QString& folder, const QString& filter,
                const PathChosen& chosen) {
    auto* dialog = new QFileDialog(parent, title, folder, filter);
    dialog->setFileMode(QFileDialog::ExistingFile);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, chosen);
    openFileDialog(dialog);
}

} // namespace hilum
