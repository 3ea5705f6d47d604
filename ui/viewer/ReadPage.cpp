#include "ui/viewer/ReadPage.h"

#include <QAction>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>
#include <QThread>
#include <QVBoxLayout>

#include "ui/ErrorText.h"
#include "ui/QtConvert.h"
#include "ui/Settings.h"
#include "ui/Style.h"
#include "ui/viewer/DetailsSection.h"
#include "ui/viewer/FilmList.h"
#include "ui/viewer/FilmText.h"
#include "ui/viewer/FindingsPanel.h"
#include "ui/viewer/FindingsSection.h"
#include "ui/viewer/HeatMapSection.h"
#include "ui/viewer/MessagePage.h"
#include "ui/viewer/ModelSection.h"
#include "ui/viewer/NoticeBar.h"
#include "ui/viewer/ReadSession.h"
#include "ui/viewer/ViewActions.h"
#include "ui/viewer/ViewBar.h"

namespace hilum {
namespace {

constexpr int kListWidth = 212;
constexpr int kPanelWidth = 316;
constexpr int kOpacityStep = 10;

} // namespace

ReadPage::ReadPage(ReadSession& session, Settings& settings, const ViewActions& actions, QWidget* parent)
    : QWidget(parent), m_session(session), m_settings(settings), m_actions(actions),
      m_splitter(new QSplitter(Qt::Horizontal, this)), m_list(new FilmList(session.films())),
      m_bar(new ViewBar(actions)), m_notice(new NoticeBar), m_stack(new QStackedWidget),
      m_view(new RadiographView), m_empty(new MessagePage(QStringLiteral("film"), QColor(0x4A, 0x54, 0x5E))),
      m_error(new MessagePage(QStringLiteral("warning"), colour::kWarning)), m_panel(new FindingsPanel),
      m_retry(new QAction(tr("Try again"), this)) {
    build();
    buildEmptyPage();
    buildErrorPage();
    connectSession();
    connectActions();
    connectPanel();
    onCurrentRowChanged(-1);
    updateModel();
}

void ReadPage::build() {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_splitter);
    setFocusProxy(m_list);
    m_splitter->setHandleWidth(1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_list);
    m_splitter->addWidget(buildCentre());
    m_splitter->addWidget(m_panel);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({kListWidth, 10'000, kPanelWidth});
    m_splitter->restoreState(m_settings.splitterState());
    m_panel->heatMap().setOpacityPercent(m_settings.heatMapOpacityPercent());
    m_view->setHeatmapOpacity(m_settings.heatMapOpacityPercent() / 100.0);
    m_view->addAction(m_actions.reset);
}

QWidget* ReadPage::buildCentre() {
    auto* centre = new QWidget;
    centre->setObjectName(QStringLiteral("FilmArea"));
    centre->setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_bar);
    layout->addWidget(m_notice);
    layout->addWidget(m_stack, 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_view);
    m_stack->addWidget(m_error);
    return centre;
}

void ReadPage::buildEmptyPage() {
    setDropExpected(false);
    m_empty->addButton(m_actions.openFilms, tr("Open films"), true);
    m_empty->addButton(m_actions.openFolder, tr("Open folder"));
}

void ReadPage::buildErrorPage() {
    m_retry->setShortcut(Qt::Key_F5);
    m_retry->setToolTip(tr("Open this film once more (F5)"));
    addAction(m_retry);
    m_error->addButton(m_actions.nextFilm, tr("Next film"), true);
    m_error->addButton(m_retry, tr("Try again"));
    m_error->addButton(m_actions.openFilms, tr("Open films"));
    connect(m_retry, &QAction::triggered, &m_session, &ReadSession::retry);
}

void ReadPage::setDropExpected(bool expected) {
    m_empty->setWords(expected ? tr("Drop to open") : tr("Drop films or a folder here"), {},
                      tr("DICOM, PNG, JPEG or TIFF. Films stay on this computer."), {});
    m_stack->setProperty("dropExpected", expected);
    setRole(*m_stack, expected ? "dropTarget" : "");
}

void ReadPage::setRecentPaths(const QStringList& paths) {
    m_empty->setLinks(tr("RECENT"), paths.mid(0, 5),
                      [this, paths](int index) { Q_EMIT recentChosen(paths[index]); });
}

void ReadPage::showNotice(const QString& sentence) { m_notice->showNotice(sentence); }

QByteArray ReadPage::saveSplitter() const { return m_splitter->saveState(); }

void ReadPage::connectSession() {
    connect(&m_session, &ReadSession::currentRowChanged, this, &ReadPage::onCurrentRowChanged);
    connect(&m_session, &ReadSession::filmShown, this, &ReadPage::onFilmShown);
    connect(&m_session, &ReadSession::filmFailed, this, &ReadPage::onFilmFailed);
    connect(&m_session, &ReadSession::readingChanged, this, &ReadPage::updateFindings);
    connect(&m_session, &ReadSession::readingFailed, this, [this](const Error& error) {
        m_panel->findings().setFailed(tr("The model could not read this film. %1").arg(reason(error)));
    });
    connect(&m_session, &ReadSession::modelChanged, this, &ReadPage::updateModel);
    connect(&m_session, &ReadSession::filmsNotFound, this, &ReadPage::showNotice);
    connect(&m_session, &ReadSession::lookingForFilmsChanged, m_notice, &QWidget::hide);
    connect(&m_session, &ReadSession::machineWarned, this,
            [this](const QStringList& sentences) { m_panel->model().showMachineWarnings(sentences); });
    connect(m_list, &FilmList::rowChosen, &m_session, &ReadSession::setCurrentRow);
    connect(m_list, &FilmList::visibleRowsChanged, &m_session, &ReadSession::setVisibleRows);
    connect(&m_session.films(), &QAbstractItemModel::rowsInserted, this, [this] {
        m_bar->setPosition(m_session.currentRow(), m_session.films().count());
        m_actions.nextFilm->setEnabled(m_session.currentRow() + 1 < m_session.films().count());
    });
}

void ReadPage::connectActions() {
    const auto step = [this](int films) { m_session.setCurrentRow(m_session.currentRow() + films); };
    connect(m_view, &RadiographView::stepRequested, this, step);
    connect(m_actions.previousFilm, &QAction::triggered, this, [step] { step(-1); });
    connect(m_actions.nextFilm, &QAction::triggered, this, [step] { step(1); });
    connect(m_actions.closeAll, &QAction::triggered, &m_session, &ReadSession::closeAll);
    connect(m_actions.autoWindow, &QAction::triggered, m_view, &RadiographView::autoWindow);
    connect(m_actions.invert, &QAction::triggered, m_view, &RadiographView::setInverted);
    connect(m_view, &RadiographView::invertedChanged, m_actions.invert, &QAction::setChecked);
    connect(m_actions.fit, &QAction::triggered, m_view, &RadiographView::fit);
    connect(m_actions.oneToOne, &QAction::triggered, m_view, &RadiographView::oneToOne);
    connect(m_actions.zoomIn, &QAction::triggered, m_view, &RadiographView::zoomIn);
    connect(m_actions.zoomOut, &QAction::triggered, m_view, &RadiographView::zoomOut);
    connect(m_actions.reset, &QAction::triggered, m_view, &RadiographView::reset);
    connect(m_actions.texts, &QAction::toggled, m_view, &RadiographView::setTextsVisible);
    connect(m_actions.overlays, &QAction::toggled, m_view, &RadiographView::setOverlaysVisible);
    connect(m_actions.heatMap, &QAction::toggled, this, [this](bool visible) {
        m_view->setHeatmapVisible(visible);
        updateHeatmap();
    });
    connect(m_view, &RadiographView::menuRequested, this, &ReadPage::showMenu);
}

void ReadPage::connectPanel() {
    HeatMapSection& heatMap = m_panel->heatMap();
    connect(&heatMap, &HeatMapSection::choiceChanged, this, &ReadPage::updateHeatmap);
    connect(&heatMap, &HeatMapSection::opacityChanged, this, [this](int percent) {
        m_settings.setHeatMapOpacityPercent(percent);
        m_view->setHeatmapOpacity(percent / 100.0);
    });
    connect(m_actions.nextClass, &QAction::triggered, &heatMap, &HeatMapSection::chooseNextClass);
    connect(m_actions.toggleScale, &QAction::triggered, &heatMap, &HeatMapSection::toggleScale);
    connect(m_actions.lessOpaque, &QAction::triggered, this,
            [&heatMap] { heatMap.changeOpacity(-kOpacityStep); });
    connect(m_actions.moreOpaque, &QAction::triggered, this,
            [&heatMap] { heatMap.changeOpacity(kOpacityStep); });
    connect(&m_panel->findings(), &FindingsSection::classChosen, this, [this, &heatMap](int label) {
        heatMap.chooseClass(label);
        m_actions.heatMap->setChecked(true);
    });
    connect(m_actions.details, &QAction::toggled, &m_panel->details(), &DetailsSection::setOpen);
    connect(&m_panel->details(), &DetailsSection::openChanged, m_actions.details, &QAction::setChecked);
    connect(&m_panel->model(), &ModelSection::modelChosen, &m_session, &ReadSession::loadModel);
    connect(&m_panel->model(), &ModelSection::openRequested, m_actions.openModel, &QAction::trigger);
}

void ReadPage::showMenu(QPoint position) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addActions({m_actions.heatMap, m_actions.nextClass});
    menu->addSeparator();
    menu->addActions({m_actions.autoWindow, m_actions.invert});
    menu->addSeparator();
    menu->addActions({m_actions.fit, m_actions.oneToOne, m_actions.reset});
    menu->addSeparator();
    menu->addActions({m_actions.texts, m_actions.overlays, m_actions.details});
    menu->popup(position);
}

// Remembers how the film on the screen is looked at, before another takes its place.
void ReadPage::keepLook() {
    if (m_view->film())
        m_looks[m_view->film()->film.source.file.string()] = m_view->look();
}

void ReadPage::onCurrentRowChanged(int row) {
    keepLook();
    const int count = m_session.films().count();
    m_list->setCurrentRow(row);
    m_bar->setPosition(row, count);
    for (QAction* action : m_actions.filmActions())
        action->setEnabled(false);
    m_actions.closeAll->setEnabled(count > 0);
    m_actions.previousFilm->setEnabled(row > 0);
    m_actions.nextFilm->setEnabled(row >= 0 && row + 1 < count);
    m_panel->details().clear();
    if (row < 0) {
        m_looks.clear();
        m_view->showWaiting({});
        m_stack->setCurrentWidget(m_empty);
    } else {
        const bool isFirst = m_stack->currentWidget() == m_empty;
        m_view->showWaiting(tr("Opening %1 …").arg(m_session.films().entry(row).title));
        m_stack->setCurrentWidget(m_view);
        if (isFirst)
            m_view->setFocus();
    }
    updateFindings();
}

void ReadPage::onFilmShown() {
    const DecodedFilmPtr& film = m_session.currentFilm();
    const auto look = m_looks.find(film->film.source.file.string());
    for (QAction* action : m_actions.filmActions())
        action->setEnabled(true);
    m_view->showFilm(film, look == m_looks.end() ? std::nullopt : std::optional(look->second));
    m_panel->details().setFilm(film->film);
    m_stack->setCurrentWidget(m_view);
    updateHeatmap();
    updateStatus();
}

void ReadPage::onFilmFailed(const Error& error) {
    const ListedFilm& entry = m_session.films().entry(m_session.currentRow());
    m_error->setWords(filmErrorTitle(error.code), fileName(entry.file), reason(error),
                      filmErrorAdvice(error.code));
    m_view->showWaiting({});
    m_stack->setCurrentWidget(m_error);
    updateFindings();
}

void ReadPage::updateFindings() {
    FindingsSection& findings = m_panel->findings();
    const int row = m_session.currentRow();
    if (const Reading* reading = m_session.currentReading()) {
        findings.setReading(*reading);
    } else if (m_session.modelState() == ModelState::None || m_session.modelState() == ModelState::Failed) {
        findings.setIdle(tr("No model is loaded. Choose one below."));
    } else if (m_session.modelState() == ModelState::Loading) {
        findings.setBusy(tr("Waiting for the model …"));
    } else if (row < 0 || m_session.films().entry(row).error) {
        findings.setIdle(row < 0 ? tr("Open a film to read it.") : tr("Not read: the film cannot be shown."));
    } else {
        findings.setBusy({});
    }
    updateHeatmap();
    updateStatus();
}

void ReadPage::updateModel() {
    ModelSection& section = m_panel->model();
    switch (m_session.modelState()) {
    case ModelState::None:
        section.showNone();
        break;
    case ModelState::Loading:
        section.showLoading();
        break;
    case ModelState::Failed:
        section.showFailure(m_session.modelError());
        m_panel->findings().setLabels({});
        break;
    case ModelState::Ready: {
        const ModelInfo& model = m_session.model();
        section.setCurrent(model.file);
        section.showModel(model);
        m_panel->findings().setLabels(model.card.labels);
        QStringList labels;
        for (const std::string& label : model.card.labels)
            labels << toQString(std::string_view(label));
        m_panel->heatMap().setLabels(labels);
        m_panel->heatMap().setFixedScaleAvailable(model.card.heatMapScale > 0);
        m_settings.setModelFile(toQString(model.file));
        break;
    }
    }
    updateFindings();
}

HeatmapDisplay ReadPage::heatmapDisplay() const {
    const Reading* reading = m_session.currentReading();
    if (!reading) {
        const bool isComing =
            m_session.modelState() == ModelState::Ready || m_session.modelState() == ModelState::Loading;
        return {
            nullptr, tr("Heat map"), isComing ? tr("waiting for the reading") : tr("no model is loaded"), {}};
    }
    const Explanation& explanation = reading->explanation;
    const int chosen = m_panel->heatMap().chosenClass();
    const std::size_t label = chosen < 0 ? reading->prediction.best : static_cast<std::size_t>(chosen);
    if (label >= explanation.maps.size())
        return {nullptr, tr("Heat map"), tr("this model gives none"), {}};
    const QString title =
        tr("%1 · heat map").arg(toQString(std::string_view(reading->prediction.labels[label])));
    const bool isFixed = m_panel->heatMap().isScaleFixed() && explanation.fixedScale > 0;
    const double scale = isFixed ? explanation.fixedScale : largestHeat(explanation);
    const FloatImage& map = explanation.maps[label];
    if (scale <= 0 || largestHeat(map) <= 0)
        return {nullptr, title, tr("empty: nothing on this film spoke for this class"), {}};
    const Radiograph& film = m_session.currentFilm()->film;
    return {std::make_shared<HeatmapLayer>(
                makeHeatmapLayer(map, explanation.placement, film.widthPx, film.heightPx, scale)),
            title, tr("where the network looked, not where the lesion is"),
            isFixed ? tr("fixed scale") : tr("this film's scale")};
}

void ReadPage::updateHeatmap() {
    if (m_session.currentFilm() && m_view->film() && m_view->isHeatmapVisible())
        m_view->setHeatmap(heatmapDisplay());
}

void ReadPage::updateStatus() {
    const DecodedFilmPtr& film = m_session.currentFilm();
    QString read;
    if (const Reading* reading = m_session.currentReading(); reading && film)
        read = tr("Read in %1 ms · CPU, %n thread(s)", nullptr, QThread::idealThreadCount())
                   .arg(qRound(reading->elapsed.count()));
    Q_EMIT statusChanged(read, film ? factsLine(film->film) : QString());
}

} // namespace hilum
