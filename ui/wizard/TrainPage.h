// The wizard's fourth page: the run that is trained now, live, and the queue.
#pragma once

#include <vector>

#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace hilum {

class Card;
class CurveChart;
class PinnedFilms;
class QueueRow;
class TrainSession;
struct QueuedRun;

class TrainPage : public QWidget {
    Q_OBJECT

public:
    // The session must outlive the page.
    explicit TrainPage(TrainSession& session, QWidget* parent = nullptr);
    // The run whose charts are in sight; −1: none.
    [[nodiscard]] int shownRun() const { return m_shown; }

Q_SIGNALS:
    void resultsWanted(int run);

private:
    void buildHead();
    void buildCharts();
    Card* buildPinned();
    Card* buildNow();
    Card* buildQueue();
    void show(int run);
    void onQueueChanged();
    void onRunRemoved(int run);
    void onRunChanged(int run);
    void updateHead(const QueuedRun& run);
    void updateCharts(const QueuedRun& run);
    void updateNow(const QueuedRun& run);

    TrainSession& m_session;
    int m_shown = -1;
    int m_followed = -1; // the run whose charts came up by themselves last
    QLabel* m_title;
    QLabel* m_recipe;
    QLabel* m_state;
    QPushButton* m_log;
    QPushButton* m_pause;
    QPushButton* m_stop;
    QLabel* m_message;
    CurveChart* m_loss = nullptr;
    CurveChart* m_accuracy = nullptr;
    Card* m_pinnedCard = nullptr;
    PinnedFilms* m_pinned = nullptr;
    std::vector<QLabel*> m_values;
    QVBoxLayout* m_queueRows = nullptr;
    std::vector<QueueRow*> m_rows;
};

} // namespace hilum
