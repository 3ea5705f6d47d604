// The wizard's fifth page: what a finished run is worth, on the films that it never saw.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include <QWidget>

#include "training/FinishedRun.h"
#include "ui/jobs/HeatMapPictures.h"
#include "ui/jobs/JobThread.h"

class QComboBox;
class QLabel;
class QListWidget;
class QPushButton;
class QStackedWidget;

namespace hilum {

class Card;
class ConfusionMatrixView;
class CurveChart;
class FigureTable;
class TrainSession;

class ResultsPage : public QWidget {
    Q_OBJECT

public:
    // The session must outlive the page.
    explicit ResultsPage(TrainSession& session, QWidget* parent = nullptr);

    // Shows a run folder; one that was opened before is read again.
    // False: it cannot be read, which messageShown() says; what was shown stays.
    bool openRun(const std::filesystem::path& folder);
    [[nodiscard]] bool hasRun() const { return m_results.has_value(); }
    [[nodiscard]] const FinishedRun& results() const { return *m_results; } // valid with hasRun()

Q_SIGNALS:
    void modelWanted(const std::filesystem::path& model); // in the viewer
    void filmWanted(const std::filesystem::path& film);
    void messageShown(const QString& words);

private:
    void buildHead();
    Card* buildFigures();
    Card* buildMatrix();
    Card* buildCurves();
    Card* buildGallery();
    void showResults();
    void fillTable();
    void fillCurves();
    CurveChart* makeCalibration();
    [[nodiscard]] QString calibrationText() const;
    [[nodiscard]] QString thresholdText() const; // empty without validation films
    void showMistakes();
    void showCell(int truth, int predicted);
    void showFilms(const QString& heading, const std::vector<std::size_t>& films);
    void writeReport();
    void testShortcut();
    void showShortcut();
    [[nodiscard]] std::filesystem::path model() const; // empty: a cross-validation without a final model

    TrainSession& m_session;
    std::vector<std::filesystem::path> m_folders; // of the runs that were opened
    std::optional<FinishedRun> m_results;
    std::optional<double> m_temperature; // fitted on its validation films; absent without any
    QComboBox* m_picker;
    QPushButton* m_use;
    QPushButton* m_report;
    QLabel* m_accuracy;
    QLabel* m_interval;
    FigureTable* m_table;
    QLabel* m_thresholds;
    QLabel* m_notes;
    QLabel* m_shortcut;
    QPushButton* m_testShortcut;
    ConfusionMatrixView* m_matrix;
    QStackedWidget* m_curves;
    QComboBox* m_curveKind;
    Card* m_galleryCard;
    QListWidget* m_gallery;
    QPushButton* m_mistakes;
    std::vector<std::size_t> m_galleryFilms; // indices into the predictions
    HeatMapPictures m_pictures;
    JobThread m_shortcutThread; // last: ends before what its jobs use
};

} // namespace hilum
