// A search over settings at random, in a process of its own (hilum-trainer search): what the trials drew and
// reached, as they finish, and the best of them to take over. Trials are kept in a folder, so that a search
// goes on where it was left.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include <QDialog>
#include <QProcess>
#include <QTemporaryFile>

#include "training/SearchSpace.h"
#include "training/TrainingConfig.h"
#include "training/TrainingEvents.h"

class QCheckBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace hilum {

class FigureTable;

class SearchDialog : public QDialog {
    Q_OBJECT

public:
    // trainer: hilum-trainer. config: that of one run; base: the folder for the trials, or the beginning of
    // its name where another search stands there.
    SearchDialog(std::filesystem::path trainer, TrainingConfig config, std::filesystem::path base,
                 QWidget* parent = nullptr);
    // A trial under way is left where its last epoch was.
    ~SearchDialog() override;

Q_SIGNALS:
    // The best trial's, by the keys that were varied, as text.
    void settingsChosen(const std::map<std::string, std::string>& values);

private:
    void begin();
    void end();
    void readEvents();
    void onEvent(const TrainingEvent& event);
    void onFinished(int exitCode, QProcess::ExitStatus status);
    void readTrials();
    void showTrials();
    void updateButtons();
    void say(const QString& words, const char* role = "body");
    [[nodiscard]] std::vector<SearchRange> ranges() const; // those that are ticked
    [[nodiscard]] bool holdsThisSearch(const std::filesystem::path& folder) const;
    // The folder of this search, or a free one.
    [[nodiscard]] std::filesystem::path folderForSearch() const;

    std::filesystem::path m_trainer;
    TrainingConfig m_config;
    std::filesystem::path m_base;
    std::filesystem::path m_folder;
    std::vector<std::pair<SearchRange, QCheckBox*>> m_choices;
    QSpinBox* m_count;
    FigureTable* m_table;
    QLabel* m_words;
    QProgressBar* m_progress;
    QPushButton* m_begin;
    QPushButton* m_use;
    QTemporaryFile m_configFile;
    QProcess m_process;
    std::vector<SearchRange> m_searched; // of m_trials
    std::vector<Trial> m_trials;
    std::optional<Error> m_error;
    double m_trialProgress = 0; // of the one under way
    bool m_isEnding = false;
};

} // namespace hilum
