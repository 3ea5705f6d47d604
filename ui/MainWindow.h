// The window: menus, the rail, the reading page, the status line. Opens what it is given; how films are read
// is the session's and the page's business.
#pragma once

#include <filesystem>
#include <vector>

#include <QMainWindow>

#include "ui/jobs/AnalysisBackend.h"
#include "ui/jobs/ModelSources.h"
#include "ui/viewer/ReadSession.h"
#include "ui/viewer/ViewActions.h"

class QLabel;
class QMenu;
class QPushButton;

namespace hilum {

class ReadPage;
class Settings;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    // The settings must outlive the window. Models are looked for once the event loop runs.
    MainWindow(AnalysisBackend backend, Settings& settings, ModelSources models, QWidget* parent = nullptr);
    ~MainWindow() override;

    // Films and folders; a *.safetensors file is opened as a model.
    void open(const std::vector<std::filesystem::path>& paths);

    [[nodiscard]] ReadSession& session() { return m_session; }
    [[nodiscard]] const ViewActions& actions() const { return m_actions; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    void buildMenus();
    QWidget* buildRail();
    void buildStatusBar();
    void connectActions();
    void askForFilms();
    void askForFolder();
    void askForModel();
    void openModel(const std::filesystem::path& file);
    void onModelsListed(const std::vector<ModelInfo>& models);
    void updateRecent();
    void updateActivity();
    void showKeys();
    void showAbout();

    Settings& m_settings;
    ModelSources m_models;
    std::filesystem::path m_wantedModel; // to load as soon as the models are listed; empty: the default
    ViewActions m_actions;
    ReadSession m_session;
    ReadPage* m_page;
    QMenu* m_recentMenu;
    QLabel* m_readStatus;
    QLabel* m_filmStatus;
    QLabel* m_activity;
    QPushButton* m_stop;
};

} // namespace hilum
