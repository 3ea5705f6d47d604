#include "ui/wizard/FindingDialog.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/CheckUpText.h"
#include "ui/wizard/FilmTable.h"

namespace hilum {
namespace {

constexpr std::size_t kMostFilms = 2000; // a longer list is for hilum-cli
constexpr QSize kSize{640, 460};

} // namespace

FindingDialog::FindingDialog(const QString& title, const std::vector<CheckUpFilm>& films,
                             const std::filesystem::path& root, QWidget* parent)
    : QDialog(parent) {
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    resize(kSize);
    auto* layout = new QVBoxLayout(this);
    QTreeWidget* list = makeTable({tr("Film"), tr("Finding")}, title, this);
    list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    const std::size_t shown = std::min(films.size(), kMostFilms);
    for (std::size_t i = 0; i < shown; ++i) {
        const CheckUpFilm& film = films[i];
        auto* item = new QTreeWidgetItem(list, {toQString(film.file), film.note});
        item->setData(0, Qt::UserRole, toQString(root / film.file));
    }
    layout->addWidget(list, 1);
    const QString hint = shown < films.size() ? tr("The first %1 of %2; hilum-cli check lists them all.")
                                                    .arg(grouped(static_cast<long long>(shown)),
                                                         grouped(static_cast<long long>(films.size())))
                                              : tr("Enter or a double click opens a film in the viewer.");
    auto* foot = new QHBoxLayout;
    foot->addWidget(makeText("secondary", hint, this), 1);
    auto* open = new QPushButton(tr("Open in the viewer"), this);
    open->setObjectName(QStringLiteral("open"));
    setRole(*open, "primary");
    auto* close = new QPushButton(tr("Close"), this);
    for (QPushButton* button : {open, close})
        button->setAutoDefault(false); // Enter in the list is the list's
    foot->addWidget(close);
    foot->addWidget(open);
    layout->addLayout(foot);
    list->setCurrentItem(list->topLevelItem(0));
    const auto want = [this, list] {
        if (const QTreeWidgetItem* item = list->currentItem())
            Q_EMIT filmWanted(toPath(item->data(0, Qt::UserRole).toString()));
    };
    connect(list, &QTreeWidget::itemActivated, this, want);
    connect(open, &QPushButton::clicked, this, want);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
}

} // namespace hilum
