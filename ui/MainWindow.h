// The window: menus, the rail, the pages (read, train, models), the status line. Opens what it is given; how
// films are read and networks are trained is the sessions' and the pages' business.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <QMainWindow>

#include "ui/jobs/AnalysisBackend.h"
#include "ui/jobs/ModelSources.h"
#include "ui/viewer/ReadSession.h"
#include "ui/viewer/ViewActions.h"

class QLabel;
class QMenu;
class QPushButton;
class QStackedWidget;

namespace hilum {

class ModelsPage;
class ReadPage;
class Settings;
class TrainSession;
class TrainingWizard;

enum class WindowPage { Read, Train, Models };

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
    void showPage(WindowPage page);
    // Made when it is first needed.
    [[nodiscard]] TrainingWizard& wizard();
    [[nodiscard]] TrainSession& training();
    [[nodiscard]] ModelsPage& models();

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
    void readFilm(const std::filesystem::path& film);
    void useModel(const std::filesystem::path& file); // and go to the reading page
    void askForRunsFolder();
    void onModelsListed(const std::vector<ModelInfo>& models);
    void updateRecent();
    void updateActivity();
    void updateTraining();
    void connectTraining();
    void askWhetherToClose();
    void showKeys();
    void showAbout();

    Settings& m_settings;
    AnalysisBackend m_backend;
    ModelSources m_models;
    std::filesystem::path m_wantedModel; // to load as soon as the models are listed; empty: the default
    ViewActions m_actions;
    ReadSession m_session;
    std::unique_ptr<TrainSession> m_training; // null until it is needed
    QStackedWidget* m_pages;
    ReadPage* m_page;
    TrainingWizard* m_wizard = nullptr;
    ModelsPage* m_modelsPage = nullptr;
    QMenu* m_recentMenu;
    QLabel* m_readStatus;
    QLabel* m_filmStatus;
    QLabel* m_trainingStatus;
    QLabel* m_activity;
    QPushButton* m_stop;
    bool m_mayClose = false; // although a network is being trained
};

} // namespace hilum
