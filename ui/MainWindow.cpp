#include "ui/MainWindow.h"

#include <algorithm>
#include <utility>

#include <QApplication>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QStatusBar>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/KeysDialog.h"
#include "ui/QtConvert.h"
#include "ui/Settings.h"
#include "ui/Style.h"
#include "ui/viewer/FindingsPanel.h"
#include "ui/viewer/ModelSection.h"
#include "ui/viewer/ReadPage.h"

namespace hilum {
namespace {

constexpr auto kModelSuffix = ".safetensors";

std::vector<std::filesystem::path> localPaths(const QMimeData& data) {
    std::vector<std::filesystem::path> paths;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile())
            paths.push_back(toPath(url.toLocalFile()));
    }
    return paths;
}

QToolButton* addRailButton(QVBoxLayout& layout, QWidget* rail, const QString& text, const char* iconName) {
    auto* button = new QToolButton(rail);
    button->setText(text);
    button->setIcon(icon(QLatin1String(iconName)));
    button->setIconSize({20, 20});
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setFixedSize(52, 52);
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(text);
    layout.addWidget(button, 0, Qt::AlignHCenter);
    return button;
}

// Shows a dialog without an event loop of its own.
void openDialog(QDialog* dialog) {
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

// Large enough for names and dates where the desktop has no dialog of its own.
void openFileDialog(QFileDialog* dialog) {
    dialog->resize(880, 560);
    openDialog(dialog);
}

} // namespace

MainWindow::MainWindow(AnalysisBackend backend, Settings& settings, ModelSources models, QWidget* parent)
    : QMainWindow(parent), m_settings(settings), m_models(std::move(models)), m_actions(*this),
      m_session(std::move(backend)), m_page(new ReadPage(m_session, settings, m_actions)),
      m_recentMenu(new QMenu(tr("Open &recent"), this)), m_readStatus(new QLabel), m_filmStatus(new QLabel),
      m_activity(new QLabel), m_stop(new QPushButton(tr("Stop"))) {
    setWindowTitle(QStringLiteral("Hilum"));
    setAcceptDrops(true);
    setMinimumSize(1024, 560);
    resize(1280, 800);
    restoreGeometry(m_settings.windowGeometry());

    auto* central = new QWidget(this);
    auto* layout = new QHBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(buildRail());
    layout->addWidget(m_page, 1);
    setCentralWidget(central);
    buildMenus();
    buildStatusBar();
    connectActions();
    updateRecent();
    m_page->setFocus();

    if (!m_models.files.empty())
        m_wantedModel = m_models.files.front();
    for (const QString& file : m_settings.addedModels())
        m_models.files.push_back(toPath(file));
    // The window first; LibTorch is not touched before it is on the screen.
    QTimer::singleShot(0, this, [this] { m_session.listModels(m_models); });
}

MainWindow::~MainWindow() = default;

QWidget* MainWindow::buildRail() {
    auto* rail = new QWidget(this);
    rail->setObjectName(QStringLiteral("Rail"));
    rail->setAttribute(Qt::WA_StyledBackground);
    rail->setFixedWidth(64);
    auto* layout = new QVBoxLayout(rail);
    layout->setContentsMargins(0, 8, 0, 8);
    layout->setSpacing(4);
    QToolButton* read = addRailButton(*layout, rail, tr("Read"), "read");
    read->setCheckable(true);
    read->setChecked(true);
    read->setAutoExclusive(true);
    read->setToolTip(tr("Read films"));
    layout->addStretch();
    QToolButton* keys = addRailButton(*layout, rail, tr("Keys"), "keys");
    keys->setToolTip(m_actions.keys->toolTip());
    connect(keys, &QToolButton::clicked, m_actions.keys, &QAction::trigger);
    return rail;
}

void MainWindow::buildMenus() {
    auto* brand = new QLabel(QStringLiteral("Hilum"), this);
    setRole(*brand, "brand");
    menuBar()->setCornerWidget(brand, Qt::TopLeftCorner);

    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addActions({m_actions.openFilms, m_actions.openFolder});
    file->addMenu(m_recentMenu);
    file->addSeparator();
    file->addAction(m_actions.openModel);
    file->addSeparator();
    file->addActions({m_actions.closeAll, m_actions.quit});

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_actions.previousFilm, m_actions.nextFilm});
    view->addSeparator();
    view->addActions({m_actions.autoWindow, m_actions.invert});
    view->addSeparator();
    view->addActions(
        {m_actions.fit, m_actions.oneToOne, m_actions.zoomIn, m_actions.zoomOut, m_actions.reset});
    view->addSeparator();
    view->addActions({m_actions.texts, m_actions.overlays, m_actions.details, m_actions.fullScreen});

    QMenu* heatMap = menuBar()->addMenu(tr("&Heat map"));
    heatMap->addActions({m_actions.heatMap, m_actions.nextClass, m_actions.toggleScale, m_actions.lessOpaque,
                         m_actions.moreOpaque});

    menuBar()->addMenu(tr("H&elp"))->addActions({m_actions.keys, m_actions.about});
}

void MainWindow::buildStatusBar() {
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(8, 0, 8, 0);
    setRole(*m_stop, "link");
    m_stop->setToolTip(tr("Stop looking for films (Esc)"));
    m_stop->setShortcut(Qt::Key_Escape);
    for (QLabel* label : {m_readStatus, m_filmStatus, m_activity})
        label->setTextFormat(Qt::PlainText);
    m_readStatus->setContentsMargins(0, 0, 14, 0);
    statusBar()->addWidget(m_readStatus);
    statusBar()->addWidget(m_filmStatus);
    statusBar()->addPermanentWidget(m_activity);
    statusBar()->addPermanentWidget(m_stop);
    connect(m_page, &ReadPage::statusChanged, this, [this](const QString& reading, const QString& film) {
        m_readStatus->setText(reading);
        m_readStatus->setVisible(!reading.isEmpty());
        m_filmStatus->setText(film);
    });
    connect(m_stop, &QPushButton::clicked, &m_session, &ReadSession::stopLooking);
    connect(&m_session, &ReadSession::lookingForFilmsChanged, this, &MainWindow::updateActivity);
    connect(&m_session, &ReadSession::modelChanged, this, &MainWindow::updateActivity);
    updateActivity();
}

void MainWindow::updateActivity() {
    const bool isLooking = m_session.isLookingForFilms();
    QString activity;
    if (isLooking)
        activity = tr("Looking for films …");
    else if (m_session.modelState() == ModelState::Loading)
        activity = tr("Loading the model …");
    m_activity->setText(activity);
    m_stop->setVisible(isLooking);
}

void MainWindow::connectActions() {
    connect(m_actions.openFilms, &QAction::triggered, this, &MainWindow::askForFilms);
    connect(m_actions.openFolder, &QAction::triggered, this, &MainWindow::askForFolder);
    connect(m_actions.openModel, &QAction::triggered, this, &MainWindow::askForModel);
    connect(m_actions.quit, &QAction::triggered, this, &QWidget::close);
    connect(m_actions.fullScreen, &QAction::toggled, this,
            [this](bool full) { setWindowState(windowState().setFlag(Qt::WindowFullScreen, full)); });
    connect(m_actions.keys, &QAction::triggered, this, &MainWindow::showKeys);
    connect(m_actions.about, &QAction::triggered, this, &MainWindow::showAbout);
    connect(m_page, &ReadPage::recentChosen, this, [this](const QString& path) { open({toPath(path)}); });
    connect(&m_session, &ReadSession::modelsListed, this, &MainWindow::onModelsListed);
}

void MainWindow::open(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::filesystem::path> films;
    for (const std::filesystem::path& path : paths) {
        if (path.extension() == kModelSuffix) {
            openModel(path);
            continue;
        }
        std::error_code error;
        const std::filesystem::path absolute = std::filesystem::absolute(path, error);
        films.push_back(error ? path : absolute);
    }
    if (films.empty())
        return;
    m_settings.addRecentPath(toQString(films.size() == 1 ? films.front() : films.front().parent_path()));
    updateRecent();
    m_session.open(std::move(films));
}

void MainWindow::updateRecent() {
    const QStringList paths = m_settings.recentPaths();
    m_page->setRecentPaths(paths);
    m_recentMenu->clear();
    m_recentMenu->setEnabled(!paths.isEmpty());
    for (const QString& path : paths) {
        QAction* action =
            m_recentMenu->addAction(QString(path).replace(QLatin1Char('&'), QStringLiteral("&&")));
        connect(action, &QAction::triggered, this, [this, path] { open({toPath(path)}); });
    }
    m_recentMenu->addSeparator();
    connect(m_recentMenu->addAction(tr("&Forget these")), &QAction::triggered, this, [this] {
        m_settings.clearRecentPaths();
        updateRecent();
    });
}

void MainWindow::askForFilms() {
    auto* dialog =
        new QFileDialog(this, tr("Open films"), m_settings.lastFolder(),
                        tr("All files (*);;Films (*.dcm *.dicom *.png *.jpg *.jpeg *.tif *.tiff)"));
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, [this, dialog](const QStringList& files) {
        m_settings.setLastFolder(dialog->directory().absolutePath());
        std::vector<std::filesystem::path> paths;
        std::transform(files.begin(), files.end(), std::back_inserter(paths), toPath);
        open(paths);
    });
    openFileDialog(dialog);
}

void MainWindow::askForFolder() {
    auto* dialog = new QFileDialog(this, tr("Open folder"), m_settings.lastFolder());
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
        m_settings.setLastFolder(folder);
        open({toPath(folder)});
    });
    openFileDialog(dialog);
}

void MainWindow::askForModel() {
    auto* dialog =
        new QFileDialog(this, tr("Open model file"), QFileInfo(m_settings.modelFile()).absolutePath(),
                        tr("Model files (*%1)").arg(QLatin1String(kModelSuffix)));
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString& file) { openModel(toPath(file)); });
    openFileDialog(dialog);
}

void MainWindow::openModel(const std::filesystem::path& file) {
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(file, error);
    m_wantedModel = (error ? file : absolute).lexically_normal();
    m_settings.addModel(toQString(m_wantedModel));
    m_models.files.insert(m_models.files.begin(), m_wantedModel);
    m_session.listModels(m_models);
}

void MainWindow::onModelsListed(const std::vector<ModelInfo>& models) {
    m_page->panel().model().setModels(models);
    std::filesystem::path chosen = std::exchange(m_wantedModel, {});
    if (chosen.empty()) {
        const std::filesystem::path last = toPath(m_settings.modelFile());
        const bool isListed = std::any_of(models.begin(), models.end(),
                                          [&](const ModelInfo& model) { return model.file == last; });
        if (isListed)
            chosen = last;
        else if (!models.empty())
            chosen = models.front().file;
    }
    if (chosen.empty())
        return;
    m_page->panel().model().setCurrent(chosen.lexically_normal());
    m_session.loadModel(chosen.lexically_normal());
}

void MainWindow::showKeys() {
    auto* dialog = new KeysDialog(m_actions, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show(); // beside the window, which stays usable
}

void MainWindow::showAbout() {
    auto* box =
        new QMessageBox(QMessageBox::NoIcon, tr("About Hilum"),
                        tr("Hilum %1").arg(QCoreApplication::applicationVersion()), QMessageBox::Close, this);
    box->setInformativeText(
        tr("A workbench for chest radiographs: class probabilities of fine-tuned networks, and "
           "heat maps of where they looked.\n\nResearch use, not for diagnosis.\n\n"
           "Free software under the GNU General Public License, version 3 or later. Uses Qt, "
           "LibTorch, OpenCV and DCMTK."));
    openDialog(box);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (localPaths(*event->mimeData()).empty())
        return;
    event->acceptProposedAction();
    m_page->setDropExpected(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) { m_page->setDropExpected(false); }

void MainWindow::dropEvent(QDropEvent* event) {
    m_page->setDropExpected(false);
    event->acceptProposedAction();
    open(localPaths(*event->mimeData()));
}

void MainWindow::closeEvent(QCloseEvent* event) {
    m_settings.setWindowGeometry(saveGeometry());
    m_settings.setSplitterState(m_page->saveSplitter());
    QMainWindow::closeEvent(event);
}

} // namespace hilum
