#include "ui/models/ModelsPage.h"

#include <algorithm>
#include <optional>

#include <QDir>
#include <QFile>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QInputDialog>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "core/graph/Networks.h"
#include "training/RunFolder.h"
#include "ui/Dialogs.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/charts/CurveChart.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/FilmTable.h"

namespace hilum {
namespace {

enum Role { GroupRole = Qt::UserRole, RowRole, FileRole };
constexpr std::size_t kMostCurves = 7; // as many colours
constexpr int kLegendName = 120;       // pixels

QString networkTitle(const FinishedRun& run) {
    const NetworkInfo* info = findNetwork(run.config.network);
    return toQString(info ? info->title : std::string_view(run.config.network));
}

QString figure(const std::optional<double>& value) {
    return value ? QString::number(*value, 'f', 3) : QStringLiteral("–");
}

QStringList rowTexts(const LeaderboardRow& row) {
    const EvaluationReport& report = row.run->report;
    const QString accuracy =
        QObject::tr("%1  (%2 to %3)")
            .arg(percent(report.accuracy.value), percent(report.accuracy.low), percent(report.accuracy.high));
    return {fileName(row.run->folder),
            networkTitle(*row.run),
            accuracy,
            QString::number(report.macro.f1, 'f', 3),
            figure(report.macroRocAuc),
            QString::number(report.expectedCalibrationError, 'f', 3),
            toQString(std::string_view(verdictText(row)))};
}

// A line that says something and cannot be chosen.
void addRemark(QTreeWidget& tree, const QString& text) {
    auto* item = new QTreeWidgetItem(&tree, {text});
    item->setFlags(Qt::NoItemFlags);
    item->setFirstColumnSpanned(true);
    item->setForeground(0, colour::kSecondaryText);
}

} // namespace

ModelsPage::ModelsPage(QWidget* parent)
    : QWidget(parent), m_where(makeText("secondary", {}, this)),
      m_tree(makeTable({tr("Run"), tr("Network"), tr("Accuracy (95 %)"), tr("Macro F1"), tr("Macro AUC"),
                        tr("ECE"), tr("Against the leader")},
                       tr("Leaderboard"), this)),
      m_use(new QPushButton(tr("Use in the viewer"), this)), m_results(new QPushButton(tr("Results"), this)),
      m_rename(new QPushButton(tr("Rename …"), this)), m_remove(new QPushButton(tr("Delete …"), this)),
      m_differences(
          makeTable({tr("Film"), tr("Is"), tr("Leader"), tr("This one")}, tr("Differing films"), this)),
      m_thread(QStringLiteral("Leaderboard"), 1) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(18, 16, 18, 14);
    layout->setSpacing(12);
    buildHead();
    layout->addWidget(buildBoard(), 3);
    auto* lower = new QHBoxLayout;
    lower->setSpacing(12);
    lower->addWidget(buildCurves(), 1);
    lower->addWidget(buildDifferences(), 1);
    layout->addLayout(lower, 2);
    connect(m_tree, &QTreeWidget::itemSelectionChanged, this, &ModelsPage::onChosen);
    connect(m_tree, &QTreeWidget::itemActivated, this, [this] {
        if (const LeaderboardRow* row = chosenRow())
            Q_EMIT resultsWanted(row->run->folder);
    });
    connect(m_differences, &QTreeWidget::itemActivated, this, [this](const QTreeWidgetItem* item) {
        Q_EMIT filmWanted(filmFile(*chosenRow()->run, toPath(item->data(0, FileRole).toString())));
    });
    connect(m_use, &QPushButton::clicked, this,
            [this] { Q_EMIT modelWanted(RunFolder(chosenRow()->run->folder).model()); });
    connect(m_results, &QPushButton::clicked, this,
            [this] { Q_EMIT resultsWanted(chosenRow()->run->folder); });
    connect(m_rename, &QPushButton::clicked, this, &ModelsPage::rename);
    connect(m_remove, &QPushButton::clicked, this, &ModelsPage::removeRun);
    m_tree->setObjectName(QStringLiteral("leaderboard"));
    m_differences->setObjectName(QStringLiteral("differingFilms"));
    show({});
}

void ModelsPage::buildHead() {
    auto* line = new QHBoxLayout;
    line->setSpacing(8);
    auto* title = new QLabel(tr("Models"), this);
    setRole(*title, "title");
    line->addWidget(title);
    line->addWidget(m_where, 1);
    auto* folder = new QPushButton(tr("Other folder …"), this);
    folder->setToolTip(tr("Look for runs in another folder"));
    auto* again = new QPushButton(tr("Look again"), this);
    line->addWidget(folder);
    line->addWidget(again);
    connect(folder, &QPushButton::clicked, this, &ModelsPage::folderWanted);
    connect(again, &QPushButton::clicked, this, &ModelsPage::refresh);
    static_cast<QVBoxLayout*>(layout())->addLayout(line);
}

Card* ModelsPage::buildBoard() {
    auto* card =
        new Card(tr("LEADERBOARD · only runs that were tested on the same films are compared"), this);
    m_tree->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_tree->header()->setStretchLastSection(true);
    card->body()->addWidget(m_tree, 1);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    m_use->setToolTip(tr("Read films with this model"));
    setRole(*m_use, "primary");
    for (QPushButton* button : {m_use, m_results, m_rename, m_remove})
        buttons->addWidget(button);
    buttons->addStretch();
    card->body()->addLayout(buttons);
    return card;
}

Card* ModelsPage::buildCurves() {
    auto* card = new Card(tr("VALIDATION ACCURACY, epoch by epoch"), this);
    m_curves = new QVBoxLayout;
    card->body()->addLayout(m_curves, 1);
    return card;
}

Card* ModelsPage::buildDifferences() {
    m_differenceCard = new Card({}, this);
    m_differences->header()->setStretchLastSection(false);
    m_differences->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_differences->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_differenceCard->body()->addWidget(m_differences, 1);
    return m_differenceCard;
}

void ModelsPage::setFolders(std::vector<std::filesystem::path> folders) {
    m_folders = std::move(folders);
    QStringList names;
    for (const std::filesystem::path& folder : m_folders)
        names << QDir::toNativeSeparators(toQString(folder));
    m_where->setText(names.join(QStringLiteral(", ")));
    refresh();
}

void ModelsPage::refresh() {
    const std::uint64_t id = ++m_newest;
    m_thread.post(0, [this, id, folders = m_folders](const std::stop_token&) {
        const auto runs = findRuns(folders);
        auto board = std::make_shared<Leaderboard>(runs ? leaderboard(*runs) : Leaderboard());
        if (!runs &&
            runs.error().code != ErrorCode::NotFound) // the folder of the first run is yet to be made
            board->unused.push_back({folders.front(), runs.error()});
        QMetaObject::invokeMethod(
            this,
            [this, id, board] {
                if (id == m_newest)
                    show(std::move(*board));
            },
            Qt::QueuedConnection);
    });
}

void ModelsPage::show(Leaderboard board) {
    m_tree->clear();
    m_board = std::move(board);
    for (std::size_t number = 0; number < m_board.groups.size(); ++number)
        addGroup(m_board.groups[number], number);
    for (const UnusedRun& run : m_board.unused)
        addRemark(*m_tree,
                  tr("%1: %2").arg(fileName(run.folder), toQString(std::string_view(run.error.message))));
    if (m_tree->topLevelItemCount() == 0)
        addRemark(*m_tree, tr("No finished run here yet: train a network first."));
    for (int i = 0; i < m_tree->topLevelItemCount() && !chosenRow(); ++i)
        m_tree->setCurrentItem(m_tree->topLevelItem(i));
    onChosen();
}

void ModelsPage::addGroup(const LeaderboardGroup& group, std::size_t number) {
    if (m_board.groups.size() > 1)
        addRemark(*m_tree,
                  tr("Test set %1 · %2 films")
                      .arg(toQString(std::string_view(group.testSet)).left(8), grouped(group.films)));
    for (std::size_t row = 0; row < group.rows.size(); ++row) {
        auto* item = new QTreeWidgetItem(m_tree, rowTexts(group.rows[row]));
        item->setData(0, GroupRole, static_cast<int>(number));
        item->setData(0, RowRole, static_cast<int>(row));
        item->setToolTip(0, QDir::toNativeSeparators(toQString(group.rows[row].run->folder)).toHtmlEscaped());
    }
}

const LeaderboardGroup* ModelsPage::chosenGroup() const {
    const QTreeWidgetItem* item = m_tree->currentItem();
    const QVariant group = item ? item->data(0, GroupRole) : QVariant();
    return group.isValid() ? &m_board.groups[static_cast<std::size_t>(group.toInt())] : nullptr;
}

const LeaderboardRow* ModelsPage::chosenRow() const {
    const LeaderboardGroup* group = chosenGroup();
    return group ? &group->rows[static_cast<std::size_t>(m_tree->currentItem()->data(0, RowRole).toInt())]
                 : nullptr;
}

void ModelsPage::onChosen() {
    const LeaderboardRow* row = chosenRow();
    std::error_code ignored;
    m_use->setEnabled(row && std::filesystem::exists(RunFolder(row->run->folder).model(), ignored));
    const bool isInUse = row && m_isInUse && m_isInUse(row->run->folder);
    m_results->setEnabled(row != nullptr);
    for (QPushButton* button : {m_rename, m_remove}) {
        button->setEnabled(row && !isInUse);
        button->setToolTip(isInUse ? tr("It is being trained, or can be resumed") : QString());
    }
    while (QLayoutItem* item = m_curves->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_differences->clear();
    m_differenceCard->setHeading(tr("FILMS ON WHICH TWO RUNS DIFFER"));
    if (!row)
        return;
    showCurves(*chosenGroup());
    showDifferences(*chosenGroup(), *row);
}

void ModelsPage::showCurves(const LeaderboardGroup& group) {
    std::vector<ChartSeries> series;
    ChartAxes axes;
    axes.xLow = 1;
    axes.xHigh = 2;
    axes.isXInteger = true;
    std::vector<std::pair<std::vector<double>, std::vector<double>>> points;
    for (const LeaderboardRow& row : group.rows) {
        if (series.size() == kMostCurves)
            break;
        const QString name = fontMetrics().elidedText(networkTitle(*row.run), Qt::ElideRight, kLegendName);
        series.push_back({name, classColour(series.size())});
        auto& [x, y] = points.emplace_back();
        for (const EpochRecord& epoch : row.run->history) {
            if (!epoch.validationAccuracy)
                continue;
            x.push_back(epoch.epoch);
            y.push_back(*epoch.validationAccuracy);
            axes.xHigh = std::max(axes.xHigh, static_cast<double>(epoch.epoch));
        }
    }
    auto* chart = new CurveChart({}, series, axes, this);
    chart->setPlain();
    for (std::size_t i = 0; i < points.size(); ++i)
        chart->setPoints(i, points[i].first, points[i].second);
    m_curves->addWidget(chart);
}

void ModelsPage::showDifferences(const LeaderboardGroup& group, const LeaderboardRow& row) {
    const LeaderboardRow& leader = group.rows.front();
    if (&leader == &row)
        return m_differenceCard->setHeading(
            tr("FILMS ON WHICH TWO RUNS DIFFER · choose one below the leader"));
    const auto films = differingFilms(*leader.run, *row.run);
    m_differenceCard->setHeading(tr("%1 FILMS ON WHICH IT DIFFERS FROM THE LEADER").arg(films.size()));
    for (const DifferingFilm& film : films) {
        auto* item =
            new QTreeWidgetItem(m_differences, {fileName(film.file), toQString(std::string_view(film.truth)),
                                                toQString(std::string_view(film.first)),
                                                toQString(std::string_view(film.second))});
        item->setData(0, FileRole, toQString(film.file));
        item->setToolTip(0, tr("%1: open in the viewer (Enter)").arg(item->text(0)).toHtmlEscaped());
    }
}

void ModelsPage::rename() {
    const std::filesystem::path folder = chosenRow()->run->folder;
    auto* dialog = new QInputDialog(this);
    dialog->setWindowTitle(tr("Rename the run"));
    dialog->setLabelText(tr("Name of its folder"));
    dialog->setTextValue(toQString(folder.filename()));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, folder](const QString& name) {
        const std::filesystem::path target = folder.parent_path() / toPath(name).filename();
        std::error_code error;
        if (std::filesystem::exists(target, error))
            return Q_EMIT messageShown(tr("There is already a folder of that name."));
        std::filesystem::rename(folder, target, error);
        if (error)
            Q_EMIT messageShown(
                tr("The run could not be renamed: %1").arg(QString::fromStdString(error.message())));
        refresh();
    });
    openDialog(dialog);
}

void ModelsPage::removeRun() {
    const std::filesystem::path folder = chosenRow()->run->folder;
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("Delete this run?"),
                                tr("Delete %1?").arg(fileName(folder)), QMessageBox::NoButton, this);
    box->setInformativeText(tr("Its folder with model, checkpoints and figures goes to the wastebasket."));
    QPushButton* yes = box->addButton(tr("Delete"), QMessageBox::AcceptRole);
    box->addButton(tr("Keep"), QMessageBox::RejectRole);
    connect(yes, &QPushButton::clicked, this, [this, folder] {
        if (!QFile::moveToTrash(toQString(folder)))
            Q_EMIT messageShown(tr("The run could not be moved to the wastebasket."));
        refresh();
    });
    openDialog(box);
}

} // namespace hilum
