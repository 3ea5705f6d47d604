// A bar and a figure per class, and what to know about this film with this model.
#pragma once

#include <vector>

#include "core/domain/Reading.h"
#include "core/domain/Result.h"
#include "ui/viewer/PanelSection.h"

class QProgressBar;

namespace hilum {

class ProbabilityRow;

class FindingsSection : public PanelSection {
    Q_OBJECT

public:
    explicit FindingsSection(QWidget* parent = nullptr);

    // The classes of the model, without figures yet.
    void setLabels(const std::vector<std::string>& labels);
    void setReading(const Reading& reading);
    // Work is under way: a moving bar and these words.
    void setBusy(const QString& words);
    // No figures, and why.
    void setIdle(const QString& words);
    void setFailed(const QString& words);

Q_SIGNALS:
    void classChosen(int label);

private:
    void clearFigures();
    void showWords(const QString& words, bool isBusy);

    std::vector<std::string> m_labels;
    std::vector<ProbabilityRow*> m_rows;
    QVBoxLayout* m_rowLayout;
    QProgressBar* m_progress;
    QLabel* m_words;
    QLabel* m_failure;
    QLabel* m_warnings;
};

} // namespace hilum
