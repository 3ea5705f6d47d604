// One run of the queue: its network, how far it is, what came out, and what can be done about it.
#pragma once

#include <chrono>

#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace hilum {

struct QueuedRun;

class QueueRow : public QWidget {
    Q_OBJECT

public:
    explicit QueueRow(QWidget* parent = nullptr);
    void showRun(const QueuedRun& run, bool isShown, bool canResume);

Q_SIGNALS:
    void chosen();        // its charts are wanted
    void removeWanted();  // off the list
    void resumeWanted();  // of one that was stopped or failed
    void resultsWanted(); // of one that is done

private:
    QPushButton* m_name;
    QProgressBar* m_bar;
    QLabel* m_words;
    QPushButton* m_action;
    QPushButton* m_remove;
    enum class Action { None, Resume, Results } m_kind = Action::None;
};

// "epoch 14 of 25 · 12 min left"
QString runStateText(const QueuedRun& run);
// In [0, 1], of the run's epochs.
double runProgress(const QueuedRun& run);
// "12 min left"
QString remainingText(std::chrono::seconds remaining);

} // namespace hilum
