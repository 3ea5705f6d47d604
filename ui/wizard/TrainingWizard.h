// The training page of the window: the steps on the left, the step's page in the middle, the way on at the
// foot.
#pragma once

#include <filesystem>

#include <QPointer>
#include <QProcess>
#include <QWidget>

class QLabel;
class QPushButton;
class QScrollArea;
class QStackedWidget;

namespace hilum {

class DataPage;
class NetworkPage;
class ResultsPage;
class Settings;
class SplitPage;
class StepList;
class TrainPage;
class TrainSession;

class TrainingWizard : public QWidget {
    Q_OBJECT

public:
    enum Step { Data, SplitStep, Network, Train, Results, StepCount };

    // Session and settings must outlive the wizard.
    TrainingWizard(TrainSession& session, Settings& settings, QWidget* parent = nullptr);
    ~TrainingWizard() override;

    void goTo(Step step);
    void showResults(const std::filesystem::path& run);
    [[nodiscard]] Step step() const { return m_step; }
    [[nodiscard]] bool isReachable(Step step) const;
    [[nodiscard]] ResultsPage& results() { return *m_results; }

Q_SIGNALS:
    void modelWanted(const std::filesystem::path& model); // in the viewer
    void filmWanted(const std::filesystem::path& film);
    void messageShown(const QString& words); // for the status line

private:
    void connectPages();
    void goOn();
    void update();
    [[nodiscard]] bool hasRunOfData() const;
    [[nodiscard]] QString hint() const;
    [[nodiscard]] QString nextText() const;
    void askForData(bool isTable);
    void makePracticeSet();
    void saveSplit();
    void askForWeights();
    void askForWeightsFolder();
    void showAllSettings();
    void findRate();
    void searchSettings();

    TrainSession& m_session;
    Settings& m_settings;
    Step m_step = Data;
    StepList* m_steps;
    QScrollArea* m_area; // for windows that are smaller than the pages can be
    QStackedWidget* m_pages;
    DataPage* m_data;
    SplitPage* m_split;
    NetworkPage* m_network;
    TrainPage* m_train;
    ResultsPage* m_results;
    QLabel* m_hint;
    QPushButton* m_back;
    QPushButton* m_next;
    QPointer<QProcess> m_rendering; // the practice set
};

} // namespace hilum
