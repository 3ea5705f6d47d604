// The learning-rate range test (Smith 2015, arXiv 1506.01186) of the chosen settings: the loss over the rate,
// and the rate that it suggests. Takes a few training steps in a process of its own; nothing is written.
#pragma once

#include <filesystem>

#include <QDialog>
#include <QProcess>
#include <QTemporaryFile>

#include "training/TrainingConfig.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace hilum {

class CurveChart;

class RateFinderDialog : public QDialog {
    Q_OBJECT

public:
    // trainer: hilum-trainer. Starts at once.
    RateFinderDialog(const std::filesystem::path& trainer, const TrainingConfig& config,
                     QWidget* parent = nullptr);
    ~RateFinderDialog() override;

Q_SIGNALS:
    void rateChosen(double rate);

private:
    void start(const std::filesystem::path& trainer, const TrainingConfig& config);
    void onFinished(int exitCode);
    void fail(const QString& reason);

    CurveChart* m_chart;
    QLabel* m_words;
    QProgressBar* m_progress;
    QPushButton* m_use;
    double m_suggested = 0;
    QTemporaryFile m_config;
    QProcess m_process;
};

} // namespace hilum
