#include "ui/MainWindow.h"

#include <algorithm>
#include <utility>

#include <QActionGroup>
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
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/Dialogs.h"
#include "ui/KeysDialog.h"
#include "ui/QtConvert.h"
#include "ui/Settings.h"
#include "ui/Style.h"
#include "ui/jobs/SiblingPrograms.h"
#include "ui/models/ModelsPage.h"
#include "ui/viewer/FindingsPanel.h"
#include "ui/viewer/ModelSection.h"
#include "ui/viewer/ReadPage.h"
#include "ui/wizard/QueueRow.h"
#include "ui/wizard/TrainSession.h"
#include "ui/wizard/TrainingWizard.h"

namespace hilum {
namespace {

constexpr auto kModelSuffix = ".safetensors";
constexpr int kMessageMs = 8000;

std::vector<std::filesystem::path> localPaths(const QMimeData& data) {
    std::vector<std::filesystem::path> paths;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile())
            paths.push_back(toPath(url.toLocalFile()));
    }
    return paths;
}

void addRailButton(QVBoxLayout& layout, QWidget* rail, QAction* action) {
    auto* button = new QToolButton(rail);
    button->setDefaultAction(action);
    QString text = action->text().remove(QLatin1Char('&'));
    text = text.section(QLatin1Char(' '), 0, 0);
    button->setText(text);
    button->setIconSize({20, 20});
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setFixedSize(52, 52);
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(text);
    layout.addWidget(button, 0, Qt::AlignHCenter);
}

} // namespace

MainWindow::MainWindow(AnalysisBackend backend, Settings& settings, ModelSources models, QWidget* parent)
    : QMainWindow(parent), m_settings(settings), m_backend(std::move(backend)), m_models(std::move(models)),
      m_actions(*this), m_session(m_backend), m_pages(new QStackedWidget(this)),
      m_page(new ReadPage(m_session, settings, m_actions)), m_recentMenu(new QMenu(tr("Open &recent"), this)),
      m_readStatus(new QLabel), m_filmStatus(new QLabel), m_trainingStatus(new QLabel),
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
    m_pages->addWidget(m_page);
    layout->addWidget(m_pages, 1);
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

// The pages before the session that they show.
MainWindow::~MainWindow() {
    delete m_wizard;
    delete m_modelsPage;
    m_training.reset();
}

QWidget* MainWindow::buildRail() {
    auto* rail = new QWidget(this);
    rail->setObjectName(QStringLiteral("Rail"));
    rail->setAttribute(Qt::WA_StyledBackground);
    rail->setFixedWidth(64);
    auto* layout = new QVBoxLayout(rail);
    layout->setContentsMargins(0, 8, 0, 8);
    layout->setSpacing(4);
    auto* pages = new QActionGroup(this);
    for (QAction* action : {m_actions.goRead, m_actions.goTrain, m_actions.goModels}) {
        pages->addAction(action);
        addRailButton(*layout, rail, action);
    }
    m_actions.goRead->setChecked(true);
    layout->addStretch();
    addRailButton(*layout, rail, m_actions.keys);
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
    view->addActions({m_actions.goRead, m_actions.goTrain, m_actions.goModels});
    view->addSeparator();
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
    for (QLabel* label : {m_readStatus, m_filmStatus, m_trainingStatus, m_activity})
        label->setTextFormat(Qt::PlainText);
    m_readStatus->setContentsMargins(0, 0, 14, 0);
    statusBar()->addWidget(m_readStatus);
    statusBar()->addWidget(m_filmStatus);
    statusBar()->addPermanentWidget(m_trainingStatus);
    statusBar()->addPermanentWidget(m_activity);
    m_trainingStatus->hide();
    statusBar()->addPermanentWidget(m_stop);
    connect(m_page, &ReadPage::statusChanged, this, [this](const QString& reading, const QString& film) {
        m_readStatus->setText(reading);
        m_readStatus->setVisible(!reading.isEmpty() && m_pages->currentWidget() == m_page);
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
    connect(m_actions.goRead, &QAction::triggered, this, [this] { showPage(WindowPage::Read); });
    connect(m_actions.goTrain, &QAction::triggered, this, [this] { showPage(WindowPage::Train); });
    connect(m_actions.goModels, &QAction::triggered, this, [this] { showPage(WindowPage::Models); });
    connect(m_actions.quit, &QAction::triggered, this, &QWidget::close);
    connect(m_actions.fullScreen, &QAction::toggled, this,
            [this](bool full) { setWindowState(windowState().setFlag(Qt::WindowFullScreen, full)); });
    connect(m_actions.keys, &QAction::triggered, this, &MainWindow::showKeys);
    connect(m_actions.about, &QAction::triggered, this, &MainWindow::showAbout);
    connect(m_page, &ReadPage::recentChosen, this, [this](const QString& path) { open({toPath(path)}); });
    connect(&m_session, &ReadSession::modelsListed, this, &MainWindow::onModelsListed);
}

void MainWindow::showPage(WindowPage page) {
    const bool isReading = page == WindowPage::Read;
    QWidget* shown = m_page;
    QAction* action = m_actions.goRead;
    if (page == WindowPage::Train) {
        shown = &wizard();
        action = m_actions.goTrain;
    } else if (page == WindowPage::Models) {
        shown = &models();
        action = m_actions.goModels;
        models().refresh();
    }
    m_pages->setCurrentWidget(shown);
    action->setChecked(true);
    // The film's keys are plain letters: elsewhere they belong to what has the focus.
    for (QAction* key : m_actions.readingActions())
        key->setShortcutContext(isReading ? Qt::WindowShortcut : Qt::WidgetShortcut);
    m_readStatus->setVisible(isReading && !m_readStatus->text().isEmpty());
    m_filmStatus->setVisible(isReading);
    shown->setFocus();
}

TrainSession& MainWindow::training() {
    if (!m_training) {
        m_training = std::make_unique<TrainSession>(m_backend, trainerProgram());
        m_training->setRunsFolder(toPath(m_settings.runsFolder()));
    }
    return *m_training;
}

TrainingWizard& MainWindow::wizard() {
    if (!m_wizard) {
        m_wizard = new TrainingWizard(training(), m_settings, this);
        m_pages->addWidget(m_wizard);
        connectTraining();
    }
    return *m_wizard;
}

ModelsPage& MainWindow::models() {
    if (!m_modelsPage) {
        m_modelsPage = new ModelsPage(this);
        m_modelsPage->setFolders({training().runsFolder()});
        m_modelsPage->setInUse(
            [this](const std::filesystem::path& run) { return training().queue().isInUse(run); });
        m_pages->addWidget(m_modelsPage);
        connect(m_modelsPage, &ModelsPage::modelWanted, this, &MainWindow::useModel);
        connect(m_modelsPage, &ModelsPage::resultsWanted, this, [this](const std::filesystem::path& run) {
            wizard().showResults(run);
            showPage(WindowPage::Train);
        });
        connect(m_modelsPage, &ModelsPage::filmWanted, this, &MainWindow::readFilm);
        connect(m_modelsPage, &ModelsPage::folderWanted, this, &MainWindow::askForRunsFolder);
        connect(m_modelsPage, &ModelsPage::messageShown, this,
                [this](const QString& words) { statusBar()->showMessage(words, kMessageMs); });
    }
    return *m_modelsPage;
}

void MainWindow::askForRunsFolder() {
    chooseFolder(this, tr("Folder with runs"), m_settings.runsFolder(), [this](const QString& folder) {
        m_settings.setRunsFolder(folder);
        training().setRunsFolder(toPath(folder));
        models().setFolders({toPath(folder)});
    });
}

void MainWindow::useModel(const std::filesystem::path& file) {
    openModel(file);
    showPage(WindowPage::Read);
}

void MainWindow::readFilm(const std::filesystem::path& film) {
    open({film});
    showPage(WindowPage::Read);
}

void MainWindow::connectTraining() {
    TrainingQueue& queue = training().queue();
    connect(&queue, &TrainingQueue::runChanged, this, &MainWindow::updateTraining);
    connect(&queue, &TrainingQueue::queueChanged, this, &MainWindow::updateTraining);
    connect(m_wizard, &TrainingWizard::modelWanted, this, &MainWindow::useModel);
    connect(m_wizard, &TrainingWizard::filmWanted, this, &MainWindow::readFilm);
    connect(m_wizard, &TrainingWizard::messageShown, this,
            [this](const QString& words) { statusBar()->showMessage(words, kMessageMs); });
}

// What trains, and how far it is, also while films are read.
void MainWindow::updateTraining() {
    const TrainingQueue& queue = training().queue();
    m_trainingStatus->setVisible(queue.isBusy());
    if (queue.isBusy()) {
        const QueuedRun& run = queue.run(queue.current());
        m_trainingStatus->setText(tr("Training %1: %2").arg(run.title, runStateText(run)));
    }
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
    chooseFolder(this, tr("Open folder"), m_settings.lastFolder(), [this](const QString& folder) {
        m_settings.setLastFolder(folder);
        open({toPath(folder)});
    });
}

void MainWindow::askForModel() {
    chooseFile(this, tr("Open model file"), QFileInfo(m_settings.modelFile()).absolutePath(),
               tr("Model files (*%1)").arg(QLatin1String(kModelSuffix)),
               [this](const QString& file) { openModel(toPath(file)); });
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
           "QCustomPlot, LibTorch, oneDNN, OpenCV and DCMTK."));
    openDialog(box);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (localPaths(*event->mimeData()).empty())
        return;
    event->acceptProposedAction();
    if (m_pages->currentWidget() == m_page)
        m_page->setDropExpected(true);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) { m_page->setDropExpected(false); }

void MainWindow::dropEvent(QDropEvent* event) {
    m_page->setDropExpected(false);
    event->acceptProposedAction();
    const auto paths = localPaths(*event->mimeData());
    if (m_pages->currentWidget() == m_page)
        return open(paths);
    if (paths.front().extension() == kModelSuffix)
        return useModel(paths.front());
    showPage(WindowPage::Train);
    wizard().goTo(TrainingWizard::Data);
    training().openData(paths.front());
}

void MainWindow::askWhetherToClose() {
    auto* box = new QMessageBox(QMessageBox::NoIcon, tr("A network is being trained"),
                                tr("Stop the training and close?"), QMessageBox::NoButton, this);
    box->setInformativeText(tr("What was learnt up to the last epoch is kept; the run can be resumed."));
    QPushButton* stop = box->addButton(tr("Stop and close"), QMessageBox::AcceptRole);
    box->addButton(tr("Go on training"), QMessageBox::RejectRole);
    connect(stop, &QPushButton::clicked, this, [this] {
        m_mayClose = true;
        close();
    });
    openDialog(box);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_training && m_training->queue().isBusy() && !m_mayClose) {
        event->ignore();
        return askWhetherToClose();
    }
    m_settings.setWindowGeometry(saveGeometry());
    m_settings.setSplitterState(m_page->saveSplitter());
    QMainWindow::closeEvent(event);
}

} // namespace hilum
