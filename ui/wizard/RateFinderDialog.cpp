#include "ui/wizard/RateFinderDialog.h"

#include <cmath>
#include <vector>

#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/charts/CurveChart.h"
#include "ui/wizard/Card.h"

namespace hilum {
namespace {

constexpr int kSteps = 80;
constexpr double kLowestExponent = -7;
constexpr double kHighestExponent = 1;

ChartAxes axes() {
    ChartAxes axes;
    axes.x = QObject::tr("learning rate, powers of ten");
    axes.xLow = kLowestExponent;
    axes.xHigh = kHighestExponent;
    axes.fitsY = true;
    return axes;
}

} // namespace

RateFinderDialog::RateFinderDialog(const std::filesystem::path& trainer, const TrainingConfig& config,
                                   QWidget* parent)
    : QDialog(parent),
      m_chart(new CurveChart(
          tr("LOSS"), {{tr("smoothed"), colour::kAccent}, {tr("step by step"), QColor(0x5A, 0x63, 0x6C)}},
          axes(), this)),
      m_words(makeText("body", tr("Training a few steps with a growing rate …"), this)),
      m_progress(new QProgressBar(this)), m_use(new QPushButton(tr("Use this rate"), this)) {
    setWindowTitle(tr("Find a learning rate"));
    resize(620, 440);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 12);
    layout->setSpacing(10);
    layout->addWidget(m_chart, 1);
    layout->addWidget(m_words);
    layout->addWidget(m_progress);
    m_progress->setRange(0, 0);
    auto* buttons = new QHBoxLayout;
    auto* close = new QPushButton(tr("Close"), this);
    setRole(*m_use, "primary");
    m_use->setEnabled(false);
    buttons->addStretch();
    buttons->addWidget(close);
    buttons->addWidget(m_use);
    layout->addLayout(buttons);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_use, &QPushButton::clicked, this, [this] {
        Q_EMIT rateChosen(m_suggested);
        accept();
    });
    connect(&m_process, &QProcess::finished, this, &RateFinderDialog::onFinished);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(m_process.errorString());
    });
    start(trainer, config);
}

RateFinderDialog::~RateFinderDialog() {
    m_process.disconnect(this);
    m_process.kill(); // it writes nothing
    m_process.waitForFinished();
}

void RateFinderDialog::start(const std::filesystem::path& trainer, const TrainingConfig& config) {
    if (!m_config.open() || m_config.write(QByteArray::fromStdString(toJson(config))) < 0 ||
        !m_config.flush())
        return fail(m_config.errorString());
    m_process.start(toQString(trainer),
                    {QStringLiteral("find-rate"), QStringLiteral("--config"), m_config.fileName(),
                     QStringLiteral("--steps"), QString::number(kSteps), QStringLiteral("--json")});
}

void RateFinderDialog::onFinished(int exitCode) {
    const QJsonObject curve = QJsonDocument::fromJson(m_process.readAllStandardOutput()).object();
    if (exitCode != 0 || curve.isEmpty())
        return fail(QString::fromUtf8(m_process.readAllStandardError()).trimmed());
    m_progress->hide();
    std::vector<double> exponents, losses, smoothed;
    for (const QJsonValue& point : curve[QLatin1String("points")].toArray()) {
        exponents.push_back(std::log10(point[QLatin1String("rate")].toDouble()));
        losses.push_back(point[QLatin1String("loss")].toDouble());
        smoothed.push_back(point[QLatin1String("smoothedLoss")].toDouble());
    }
    m_chart->setPoints(1, exponents, losses);
    m_chart->setPoints(0, exponents, smoothed);
    const QJsonValue suggested = curve[QLatin1String("suggestedRate")];
    if (!suggested.isDouble()) {
        m_words->setText(
            tr("The loss never falls: no rate can be suggested. Look at the labels and the recipe."));
        return;
    }
    m_suggested = suggested.toDouble();
    m_chart->setMark(std::log10(m_suggested), QString::number(m_suggested, 'g', 2));
    m_words->setText(tr("The loss falls fastest at a rate of %1.").arg(m_suggested, 0, 'g', 2));
    m_use->setEnabled(true);
}

void RateFinderDialog::fail(const QString& reason) {
    m_progress->hide();
    setRole(*m_words, "danger");
    m_words->setText(tr("The rate could not be looked for: %1").arg(reason));
}

} // namespace hilum
