// The wizard's second page: which films train, which validate, which test.
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;

namespace hilum {

class Card;
class FigureTable;
class SettingsForm;
class SplitBar;
class TrainSession;

class SplitPage : public QWidget {
    Q_OBJECT

public:
    // The session must outlive the page.
    explicit SplitPage(TrainSession& session, QWidget* parent = nullptr);

Q_SIGNALS:
    void saveWanted(); // the split as a CSV file

private:
    enum Kind { OneSplit, Folds, OneSourceOut }; // in the order of m_kind

    Card* buildSettings();
    Card* buildTable();
    void adopt(const SettingsForm& form);
    void updateSettings();
    void updateSplit();
    void fillTable();

    TrainSession& m_session;
    QComboBox* m_kind;
    SettingsForm* m_shares;
    SettingsForm* m_repeats; // with one split
    SettingsForm* m_folds;
    SettingsForm* m_final; // with several
    SettingsForm* m_common;
    SplitBar* m_bar;
    FigureTable* m_table;
    QLabel* m_verdict;
};

} // namespace hilum
