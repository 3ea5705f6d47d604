// The wizard's first page: which films, how many of each class, whose they are, and what the check-up says.
#pragma once

#include <filesystem>

#include <QWidget>

class QLabel;
class QLineEdit;
class QProgressBar;
class QStackedWidget;
class QVBoxLayout;

namespace hilum {

class BarChart;
class Card;
class MessagePage;
class SampleGrid;
class TrainSession;
struct CheckUpLine;

class DataPage : public QWidget {
    Q_OBJECT

public:
    // The session must outlive the page.
    explicit DataPage(TrainSession& session, QWidget* parent = nullptr);

Q_SIGNALS:
    void folderWanted();
    void tableWanted();
    void practiceWanted();
    void filmWanted(const std::filesystem::path& film); // in the viewer

private:
    QWidget* buildEmpty();
    QWidget* buildFilled();
    Card* buildPatients();
    Card* buildCheckUp();
    void updateData();
    void updatePatients();
    void updateCheckUp();
    void addFinding(const CheckUpLine& line);

    TrainSession& m_session;
    QStackedWidget* m_stack;
    MessagePage* m_empty;
    QLabel* m_title;
    QLabel* m_facts;
    BarChart* m_classes;
    SampleGrid* m_samples;
    QLineEdit* m_pattern;
    QLabel* m_patients;
    QLabel* m_examples;
    QVBoxLayout* m_findings;
    QProgressBar* m_progress;
    QLabel* m_progressText;
};

} // namespace hilum
