#include "ui/wizard/ResultsPage.h"

#include <algorithm>

#include <QComboBox>
#include <QDesktopServices>
#include <QDir>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

#include "core/storage/AtomicFile.h"
#include "training/Calibration.h"
#include "training/Curves.h"
#include "training/Mistakes.h"
#include "training/ResultsDocument.h"
#include "training/RunFolder.h"
#include "training/ShortcutTest.h"
#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/charts/ConfusionMatrixView.h"
#include "ui/charts/CurveChart.h"
#include "ui/viewer/FilmText.h"
#include "ui/viewer/PanelSection.h"
#include "ui/wizard/Card.h"
#include "ui/wizard/FigureTable.h"
#include "ui/wizard/ReportPdf.h"
#include "ui/wizard/TrainSession.h"

namespace hilum {
namespace {

constexpr std::size_t kMostFilms = 60; // of a gallery
constexpr int kThumbnail = 108;
constexpr int kRowHeight = 25;
constexpr int kLegendName = 84; // pixels

QStringList labelTexts(const FinishedRun& results) {
    QStringList texts;
    for (const std::string& label : results.report.labels)
        texts << toQString(std::string_view(label));
    return texts;
}

std::vector<ChartSeries> classSeries(const QStringList& labels, const QString& reference) {
    std::vector<ChartSeries> series;
    for (qsizetype i = 0; i < labels.size(); ++i)
        series.push_back({labels[i], classColour(static_cast<std::size_t>(i))});
    if (!reference.isNull())
        series.push_back({{}, colour::kDisabledText, true});
    return series;
}

ChartAxes unitAxes(const QString& x, const QString& y) {
    ChartAxes axes;
    axes.x = x;
    axes.y = y;
    return axes;
}

QString intervalText(const Proportion& proportion) {
    return QObject::tr("95 %: %1 to %2").arg(percent(proportion.low), percent(proportion.high));
}

} // namespace

ResultsPage::ResultsPage(TrainSession& session, QWidget* parent)
    : QWidget(parent), m_session(session), m_picker(new ElidedComboBox(this)),
      m_use(new QPushButton(tr("Use in the viewer"), this)), m_report(new QPushButton(tr("Report"), this)),
      m_accuracy(new QLabel(this)), m_interval(makeText("secondary", {}, this)),
      m_table(new FigureTable(kRowHeight, this)), m_thresholds(makeText("small", {}, this)),
      m_notes(makeText("caution", {}, this)), m_shortcut(makeText("secondary", {}, this)),
      m_testShortcut(new QPushButton(tr("Does it look at the lungs?"), this)),
      m_matrix(new ConfusionMatrixView(this)), m_curves(new QStackedWidget(this)),
      m_curveKind(new QComboBox(this)), m_galleryCard(nullptr), m_gallery(new QListWidget(this)),
      m_mistakes(new QPushButton(tr("Worst mistakes"), this)), m_pictures(session.backend()),
      m_shortcutThread(QStringLiteral("Shortcut test"), 1) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    buildHead();
    auto* upper = new QHBoxLayout;
    upper->setSpacing(12);
    upper->addWidget(buildFigures(), 5);
    upper->addWidget(buildMatrix(), 4);
    auto* lower = new QHBoxLayout;
    lower->setSpacing(12);
    lower->addWidget(buildCurves(), 4);
    lower->addWidget(buildGallery(), 5);
    layout->addLayout(upper, 1);
    layout->addLayout(lower, 1);
    connect(m_picker, &QComboBox::activated, this,
            [this](int number) { openRun(m_folders[static_cast<std::size_t>(number)]); });
    connect(m_use, &QPushButton::clicked, this, [this] {
        if (const std::filesystem::path file = model(); !file.empty())
            Q_EMIT modelWanted(file);
    });
    connect(m_report, &QPushButton::clicked, this, &ResultsPage::writeReport);
    connect(m_testShortcut, &QPushButton::clicked, this, &ResultsPage::testShortcut);
    connect(m_matrix, &ConfusionMatrixView::cellChosen, this, &ResultsPage::showCell);
    connect(m_mistakes, &QPushButton::clicked, this, &ResultsPage::showMistakes);
    connect(&m_pictures, &HeatMapPictures::made, this, [this](int number, const QImage& picture) {
        if (QListWidgetItem* item = m_gallery->item(number))
            item->setIcon(QIcon(QPixmap::fromImage(picture)));
    });
    connect(m_gallery, &QListWidget::itemActivated, this, [this](const QListWidgetItem* item) {
        const std::size_t film = m_galleryFilms[static_cast<std::size_t>(m_gallery->row(item))];
        Q_EMIT filmWanted(filmFile(*m_results, m_results->predictions[film].file));
    });
}

void ResultsPage::buildHead() {
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    auto* title = new QLabel(tr("Results"), this);
    setRole(*title, "title");
    m_picker->setFixedWidth(280);
    m_picker->setAccessibleName(tr("Run"));
    m_report->setToolTip(tr("Write the report into the run folder, as HTML and PDF, and open it"));
    m_use->setToolTip(tr("Read films with this model"));
    line->addWidget(title);
    line->addWidget(m_picker);
    line->addStretch();
    line->addWidget(m_report);
    line->addWidget(m_use);
    static_cast<QVBoxLayout*>(layout())->addLayout(line);
}

Card* ResultsPage::buildFigures() {
    auto* card = new Card(tr("ON FILMS IT NEVER SAW"), this);
    setRole(*m_accuracy, "figure");
    auto* line = new QHBoxLayout;
    line->setSpacing(12);
    line->addWidget(m_accuracy);
    line->addWidget(m_interval, 1);
    card->body()->addLayout(line);
    setRole(*m_table, "figures");
    card->body()->addWidget(m_table);
    card->body()->addStretch();
    card->body()->addWidget(m_thresholds);
    card->body()->addWidget(m_notes);
    card->body()->addWidget(m_shortcut);
    setRole(*m_testShortcut, "link");
    m_testShortcut->setToolTip(
        tr("Read the test films again with the lungs blacked out, and with everything else blacked out; "
           "without lung masks beside the films, the centre of each film stands for the lungs"));
    card->body()->addWidget(m_testShortcut, 0, Qt::AlignLeft);
    return card;
}

Card* ResultsPage::buildMatrix() {
    auto* card = new Card(tr("CONFUSION MATRIX · click a cell to see its films"), this);
    card->body()->addWidget(m_matrix, 1);
    return card;
}

Card* ResultsPage::buildCurves() {
    auto* card = new Card(tr("CURVES"), this);
    m_curveKind->addItems({tr("ROC"), tr("Precision and recall"), tr("Calibration")});
    m_curveKind->setAccessibleName(tr("Kind of curve"));
    card->headingLine()->addWidget(m_curveKind);
    card->body()->addWidget(m_curves, 1);
    connect(m_curveKind, &QComboBox::currentIndexChanged, m_curves, &QStackedWidget::setCurrentIndex);
    return card;
}

Card* ResultsPage::buildGallery() {
    m_galleryCard = new Card(tr("WORST MISTAKES"), this);
    setRole(*m_mistakes, "link");
    m_galleryCard->headingLine()->addWidget(m_mistakes);
    m_gallery->setViewMode(QListView::IconMode);
    m_gallery->setMovement(QListView::Static);
    m_gallery->setResizeMode(QListView::Adjust);
    m_gallery->setIconSize({kThumbnail, kThumbnail});
    m_gallery->setGridSize({kThumbnail + 14, kThumbnail + 44});
    m_gallery->setWordWrap(true);
    m_gallery->setUniformItemSizes(true);
    m_gallery->setAccessibleName(tr("Films"));
    setRole(*m_gallery, "gallery");
    m_galleryCard->body()->addWidget(m_gallery, 1);
    return m_galleryCard;
}

bool ResultsPage::openRun(const std::filesystem::path& folder) {
    auto results = loadRun(folder);
    if (!results) {
        Q_EMIT messageShown(
            tr("%1: %2").arg(fileName(folder), toQString(std::string_view(results.error().message))));
        const auto shown =
            m_results ? std::find(m_folders.begin(), m_folders.end(), m_results->folder) : m_folders.end();
        m_picker->setCurrentIndex(shown == m_folders.end() ? -1
                                                           : static_cast<int>(shown - m_folders.begin()));
        return false;
    }
    const auto known = std::find(m_folders.begin(), m_folders.end(), folder);
    const auto number = known - m_folders.begin();
    if (known == m_folders.end()) {
        m_folders.push_back(folder);
        m_picker->addItem(fileName(folder));
    }
    m_picker->setCurrentIndex(static_cast<int>(number));
    m_results = std::move(*results);
    m_temperature.reset();
    if (!m_results->validation.empty())
        m_temperature = fitTemperature(m_results->validation).temperature;
    showResults();
    return true;
}

std::filesystem::path ResultsPage::model() const {
    const std::filesystem::path file = RunFolder(m_results->folder).model();
    std::error_code ignored;
    return std::filesystem::exists(file, ignored) ? file : std::filesystem::path();
}

void ResultsPage::showResults() {
    const EvaluationReport& report = m_results->report;
    m_accuracy->setText(percent(report.accuracy.value));
    const QString by = m_results->config.split.grouping == Grouping::ByPatient ? tr("split by patient")
                                                                               : tr("split by film");
    m_interval->setText(tr("accuracy (%1), %2\n%3 held-out films of “%4”, %5")
                            .arg(intervalText(report.accuracy), calibrationText(),
                                 grouped(report.accuracy.count),
                                 fileName((m_results->config.data / "").parent_path()), by));
    const QString thresholds = thresholdText();
    m_thresholds->setText(thresholds);
    m_thresholds->setVisible(!thresholds.isEmpty());
    m_use->setEnabled(!model().empty());
    m_matrix->setMatrix(report.confusion, labelTexts(*m_results));
    QStringList notes;
    if (const double guessing = report.confusion.guessing(); report.accuracy.low <= guessing)
        notes << tr("Not shown to be better than guessing: always naming the most frequent class gives %1.")
                     .arg(percent(guessing));
    if (m_results->config.split.grouping == Grouping::ByFilm)
        notes << tr("Films of one patient may stand in training and test: the figures flatter.");
    else if (m_results->config.split.patientPattern.empty() &&
             m_results->config.split.patientFrom == PatientFrom::Any)
        notes << tr("Patients could not be told apart.");
    m_notes->setText(notes.join(QLatin1Char(' ')));
    m_notes->setVisible(!notes.isEmpty());
    showShortcut();
    fillTable();
    fillCurves();
    showMistakes();
}

void ResultsPage::fillTable() {
    const EvaluationReport& report = m_results->report;
    QStringList rows = labelTexts(*m_results);
    rows << tr("macro average");
    m_table->setNames(rows, {tr("Precision"), tr("Recall"), tr("Specificity"), tr("F1"), tr("Films")});
    constexpr int kSpecificity = 2; // the longest name, which is shown whole
    m_table->horizontalHeader()->setSectionResizeMode(kSpecificity, QHeaderView::ResizeToContents);
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const bool isMacro = row == m_table->rowCount() - 1;
        const ClassMetrics& metrics = isMacro ? report.macro : report.classes[static_cast<std::size_t>(row)];
        const auto put = [&](int column, double value, bool isUndefined) {
            m_table->setFigure(row, column, isUndefined && !isMacro ? QStringLiteral("–") : percent(value));
        };
        put(0, metrics.precision, metrics.precisionUndefined);
        put(1, metrics.recall, metrics.recallUndefined);
        put(2, metrics.specificity, metrics.specificityUndefined);
        put(3, metrics.f1, metrics.f1Undefined);
        m_table->setFigure(row, 4, grouped(metrics.support));
    }
}

void ResultsPage::fillCurves() {
    while (QWidget* old = m_curves->widget(0)) {
        m_curves->removeWidget(old);
        delete old;
    }
    const QStringList labels = labelTexts(*m_results);
    const auto curves = classCurves(m_results->predictions, static_cast<int>(labels.size()));
    QStringList rocNames, precisionNames;
    for (qsizetype i = 0; i < labels.size(); ++i) {
        const ClassCurves& curve = curves[static_cast<std::size_t>(i)];
        const auto named = [&](const std::optional<double>& area, const QString& what) {
            const QString name = fontMetrics().elidedText(labels[i], Qt::ElideRight, kLegendName);
            return area ? QStringLiteral("%1 %2 %3").arg(name, what, QString::number(*area, 'f', 2)) : name;
        };
        rocNames << named(curve.rocAuc, QStringLiteral("AUC"));
        precisionNames << named(curve.averagePrecision, QStringLiteral("AP"));
    }
    auto* roc = new CurveChart({}, classSeries(rocNames, QStringLiteral("")),
                               unitAxes(tr("1 − specificity"), tr("sensitivity")), m_curves);
    auto* precision = new CurveChart({}, classSeries(precisionNames, {}),
                                     unitAxes(tr("recall"), tr("precision")), m_curves);
    for (std::size_t i = 0; i < curves.size(); ++i) {
        std::vector<double> x, y;
        for (const RocPoint& point : curves[i].roc) {
            x.push_back(point.falsePositiveRate);
            y.push_back(point.sensitivity);
        }
        roc->setPoints(i, x, y);
        x.clear();
        y.clear();
        for (const PrecisionRecallPoint& point : curves[i].precisionRecall) {
            x.push_back(point.recall);
            y.push_back(point.precision);
        }
        precision->setPoints(i, x, y);
    }
    roc->setPoints(curves.size(), {0, 1}, {0, 1});
    CurveChart* calibration = makeCalibration();
    for (CurveChart* chart : {roc, precision, calibration}) {
        chart->setPlain();
        m_curves->addWidget(chart);
    }
    m_curves->setCurrentIndex(m_curveKind->currentIndex());
}

// Confidence against the share that is right, before and after temperature scaling. The temperature is fitted
// on the validation films, so that the test films stay untouched.
CurveChart* ResultsPage::makeCalibration() {
    std::vector<ChartSeries> series{{tr("as it is"), colour::kAccent}, {{}, colour::kDisabledText, true}};
    if (m_temperature)
        series.push_back({tr("temperature %1").arg(*m_temperature, 0, 'f', 2), colour::kSecondSeries});
    auto* chart = new CurveChart({}, series, unitAxes(tr("confidence"), tr("share that is right")), m_curves);
    const auto draw = [&](std::size_t number, const std::vector<FilmPrediction>& predictions) {
        std::vector<double> confidence, right;
        for (const ReliabilityBin& bin : reliabilityBins(predictions)) {
            if (bin.films == 0)
                continue;
            confidence.push_back(bin.confidence);
            right.push_back(bin.accuracy);
        }
        chart->setPoints(number, confidence, right);
    };
    draw(0, m_results->predictions);
    chart->setPoints(1, {0, 1}, {0, 1});
    if (m_temperature)
        draw(2, rescaled(m_results->predictions, *m_temperature));
    return chart;
}

QString ResultsPage::calibrationText() const {
    const double before = m_results->report.expectedCalibrationError;
    QString text = tr("calibration error %1").arg(before, 0, 'f', 3);
    if (!m_temperature)
        return text;
    const double after = expectedCalibrationError(rescaled(m_results->predictions, *m_temperature));
    return text + tr(", %1 after temperature scaling").arg(after, 0, 'f', 3);
}

// Chosen on the validation films, judged on the test films.
QString ResultsPage::thresholdText() const {
    if (m_results->validation.empty())
        return {};
    const QStringList labels = labelTexts(*m_results);
    const double temperature = temperatureOf(m_results->validation); // as the viewer shows probabilities
    const auto chosenOn =
        classCurves(rescaled(m_results->validation, temperature), static_cast<int>(labels.size()));
    const auto judgedOn =
        classCurves(rescaled(m_results->predictions, temperature), static_cast<int>(labels.size()));
    QStringList lines;
    for (std::size_t i = 0; i < chosenOn.size(); ++i) {
        const auto points = operatingPoints(chosenOn[i]);
        const auto judged = points ? operatingPointAt(judgedOn[i], points->youden.threshold) : std::nullopt;
        if (judged)
            lines << tr("%1 from %2: sensitivity %3, specificity %4")
                         .arg(labels[static_cast<qsizetype>(i)], probabilityText(judged->threshold, 0),
                              percent(judged->sensitivity.value), percent(judged->specificity.value));
    }
    return lines.isEmpty() ? QString()
                           : tr("Thresholds by Youden's index on validation films") + QLatin1Char('\n') +
                                 lines.join(QLatin1Char('\n'));
}

void ResultsPage::showMistakes() {
    const auto films = worstMistakes(m_results->predictions);
    m_mistakes->hide();
    showFilms(films.empty() ? tr("NO MISTAKES on these films")
                            : tr("WORST MISTAKES · %1 films in all").arg(films.size()),
              films);
}

void ResultsPage::showCell(int truth, int predicted) {
    const auto films = filmsOfCell(m_results->predictions, truth, predicted);
    const QStringList labels = labelTexts(*m_results);
    m_mistakes->show();
    showFilms(tr("%1 READ AS %2 · %3 films").arg(labels[truth], labels[predicted]).arg(films.size()), films);
}

void ResultsPage::showFilms(const QString& heading, const std::vector<std::size_t>& films) {
    m_galleryCard->setHeading(heading);
    m_galleryFilms.assign(films.begin(),
                          films.begin() + static_cast<std::ptrdiff_t>(std::min(films.size(), kMostFilms)));
    m_gallery->clear();
    const QStringList labels = labelTexts(*m_results);
    QPixmap blank(HeatMapPictures::kSidePx, HeatMapPictures::kSidePx);
    blank.fill(colour::kFilmArea);
    std::vector<std::filesystem::path> files;
    for (const std::size_t film : m_galleryFilms) {
        const FilmPrediction& prediction = m_results->predictions[film];
        const double probability = prediction.probabilities[static_cast<std::size_t>(prediction.predicted())];
        const auto line = [&](const QString& form, int label, const QString& figure) { // the name gives way
            const int room = kThumbnail - fontMetrics().horizontalAdvance(form.arg(QString(), figure));
            return form.arg(fontMetrics().elidedText(labels[label], Qt::ElideRight, room), figure);
        };
        QString words =
            line(QStringLiteral("%1 %2"), prediction.predicted(), probabilityText(probability, 0));
        if (prediction.truth != prediction.predicted())
            words += QLatin1Char('\n') + line(tr("is %1%2"), prediction.truth, {});
        auto* item = new QListWidgetItem(QIcon(blank), words, m_gallery);
        item->setToolTip(tr("%1: open in the viewer (Enter)").arg(fileName(prediction.file)).toHtmlEscaped());
        files.push_back(filmFile(*m_results, prediction.file));
    }
    m_pictures.ask(model(), std::move(files));
}

void ResultsPage::showShortcut() {
    const auto& found = m_results->shortcut;
    m_testShortcut->setVisible(!found && !model().empty());
    m_testShortcut->setEnabled(true);
    m_shortcut->setVisible(found.has_value());
    if (!found)
        return;
    setRole(*m_shortcut, verdictOf(*found) == ShortcutVerdict::Shortcut ? "warning" : "secondary");
    QString text = toQString(std::string_view(verdictText(*found))) + QLatin1Char(' ') +
                   toQString(std::string_view(heatText(*found)));
    if (found->region == ShortcutRegion::Centre)
        text += QLatin1Char(' ') + tr("A rectangle in the centre stands for the lungs.");
    m_shortcut->setText(text);
    m_shortcut->setToolTip(
        QStringLiteral("<p>%1</p>").arg(toQString(shortcutCaveat(found->region)).toHtmlEscaped()));
}

// Its result is kept in the run folder, and shown when it is there.
void ResultsPage::testShortcut() {
    m_testShortcut->setEnabled(false);
    Q_EMIT messageShown(tr("Reading the test films again, partly blacked out …"));
    m_shortcutThread.post(
        0, [this, run = *m_results, readFilm = m_session.backend().readFilm](const std::stop_token& stop) {
            ShortcutOptions options;
            options.readFilm = readFilm;
            const Result<void> done =
                shortcutTest(run, options, stop).and_then([&](const ShortcutResult& result) {
                    return writeFileAtomically(RunFolder(run.folder).shortcut(), shortcutToJson(result));
                });
            QMetaObject::invokeMethod(
                this,
                [this, folder = run.folder, done] {
                    Q_EMIT messageShown(done ? QString() : toQString(std::string_view(done.error().message)));
                    if (m_results->folder == folder)
                        openRun(folder);
                },
                Qt::QueuedConnection);
        });
}

void ResultsPage::writeReport() {
    const std::filesystem::path file = RunFolder(m_results->folder).report();
    const std::string html = resultsDocument(*m_results);
    const auto written = writeFileAtomically(file, html).and_then([&] {
        return writeReportPdf(html, RunFolder(m_results->folder).reportPdf());
    });
    if (!written) {
        Q_EMIT messageShown(toQString(std::string_view(written.error().message)));
        return;
    }
    Q_EMIT messageShown(tr("The report was written to %1.").arg(QDir::toNativeSeparators(toQString(file))));
    QDesktopServices::openUrl(QUrl::fromLocalFile(toQString(file)));
}

} // namespace hilum
