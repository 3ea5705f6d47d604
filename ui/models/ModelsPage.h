// The page of finished runs: a leaderboard over all that were tested on the same films, their curves, and the
// films on which two differ.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include <QWidget>

#include "training/Leaderboard.h"
#include "ui/jobs/JobThread.h"

class QLabel;
class QPushButton;
class QTreeWidget;
class QVBoxLayout;

namespace hilum {

class Card;

class ModelsPage : public QWidget {
    Q_OBJECT

public:
    explicit ModelsPage(QWidget* parent = nullptr);

    // Reads the runs below these folders, off the GUI thread.
    void setFolders(std::vector<std::filesystem::path> folders);
    void refresh();
    // Runs that must stay where they are, as they are trained or may be resumed.
    void setInUse(std::function<bool(const std::filesystem::path& run)> isInUse) {
        m_isInUse = std::move(isInUse);
    }
    [[nodiscard]] const Leaderboard& board() const { return m_board; }

Q_SIGNALS:
    void modelWanted(const std::filesystem::path& model); // in the viewer
    void resultsWanted(const std::filesystem::path& run);
    void filmWanted(const std::filesystem::path& film); // in the viewer
    void folderWanted();                                // another one, to look for runs in
    void messageShown(const QString& words);

private:
    void buildHead();
    Card* buildBoard();
    Card* buildCurves();
    Card* buildDifferences();
    void show(Leaderboard board);
    void addGroup(const LeaderboardGroup& group, std::size_t number);
    void onChosen();
    void showCurves(const LeaderboardGroup& group);
    void showDifferences(const LeaderboardGroup& group, const LeaderboardRow& row);
    void rename();
    void removeRun();
    [[nodiscard]] const LeaderboardGroup* chosenGroup() const; // null: none
    [[nodiscard]] const LeaderboardRow* chosenRow() const;

    std::vector<std::filesystem::path> m_folders;
    std::function<bool(const std::filesystem::path&)> m_isInUse;
    Leaderboard m_board;
    QLabel* m_where;
    QTreeWidget* m_tree;
    QPushButton* m_use;
    QPushButton* m_results;
    QPushButton* m_rename;
    QPushButton* m_remove;
    QVBoxLayout* m_curves = nullptr;
    Card* m_differenceCard = nullptr;
    QTreeWidget* m_differences;
    std::uint64_t m_newest = 0;
    JobThread m_thread; // last: ends before what its jobs use
};

} // namespace hilum
