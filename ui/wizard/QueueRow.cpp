#include "ui/wizard/QueueRow.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStyle>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/jobs/TrainingQueue.h"
#include "ui/viewer/FilmText.h"
#include "ui/wizard/Card.h"

namespace hilum {
namespace {

constexpr int kSteps = 1000;
constexpr int kRemovePx = 12;

QString phaseText(const QueuedRun& run) {
    const TrainingProgress& now = run.progress;
    if (now.epoch > 0) {
        QString text = QObject::tr("epoch %1 of %2").arg(now.epoch).arg(now.epochs);
        if (now.repeats)
            text.prepend(QObject::tr("run %1 of %2, ").arg(now.part + 1).arg(now.parts));
        else if (now.part > 0)
            text.prepend(QObject::tr("fold %1 of %2, ").arg(now.part).arg(now.parts));
        if (now.remaining)
            text += QStringLiteral(" · ") + remainingText(*now.remaining);
        return text;
    }
    QString text = toQString(toString(now.phase)).toLower();
    if (now.total > 0)
        text += QStringLiteral(" %1 of %2").arg(grouped(now.done), grouped(now.total));
    return text;
}

} // namespace

QString remainingText(std::chrono::seconds remaining) {
    const auto seconds = remaining.count();
    if (seconds >= 3600)
        return QObject::tr("%1 h %2 min left").arg(seconds / 3600).arg(seconds / 60 % 60);
    return seconds >= 60 ? QObject::tr("%1 min left").arg((seconds + 30) / 60)
                         : QObject::tr("%1 s left").arg(seconds);
}

double runProgress(const QueuedRun& run) {
    if (run.state == RunState::Done)
        return 1;
    const TrainingProgress& now = run.progress;
    if (now.epochs == 0 || now.epoch == 0)
        return 0;
    const double within = now.phase == TrainingPhase::Training && now.total > 0
                              ? static_cast<double>(now.done) / static_cast<double>(now.total)
                              : 1;
    const double epochs = (now.epoch - 1 + within) / now.epochs;
    if (now.parts == 0)
        return epochs;
    const int before = now.repeats ? now.part : now.part - 1; // parts that are done
    return before >= 0 ? (before + epochs) / now.parts : 1;
}

QString runStateText(const QueuedRun& run) {
    switch (run.state) {
    case RunState::Waiting:
        return QObject::tr("waiting");
    case RunState::Running:
        return run.isStopping ? QObject::tr("stopping …") : phaseText(run);
    case RunState::Paused:
        return QObject::tr("paused · %1").arg(phaseText(run));
    case RunState::Done:
        return QObject::tr("done · best epoch %1").arg(run.bestEpoch);
    case RunState::Stopped:
        return run.bestEpoch > 0 ? QObject::tr("stopped · best epoch %1 kept").arg(run.bestEpoch)
                                 : QObject::tr("stopped");
    case RunState::Failed:
        return QObject::tr("failed");
    }
    return {};
}

QueueRow::QueueRow(QWidget* parent)
    : QWidget(parent), m_name(new QPushButton(this)), m_bar(new QProgressBar(this)),
      m_words(makeText("secondary", {}, this)), m_action(new QPushButton(this)),
      m_remove(new QPushButton(this)) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 2, 0, 2);
    layout->setSpacing(12);
    m_name->setFixedWidth(140);
    m_name->setToolTip(tr("Show this run's charts"));
    setRole(*m_name, "rowName");
    m_bar->setRange(0, kSteps);
    m_bar->setTextVisible(false);
    setRole(*m_bar, "thick");
    m_words->setFixedWidth(250);
    m_words->setWordWrap(false);
    m_action->setFixedWidth(70);
    setRole(*m_action, "link");
    m_remove->setIcon(QIcon(
        iconPixmap(QStringLiteral("close"), colour::kSecondaryText, kRemovePx, 2 * devicePixelRatioF())));
    m_remove->setFixedSize(kRemovePx + 8, kRemovePx + 8);
    QSizePolicy policy = m_remove->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    m_remove->setSizePolicy(policy);
    m_remove->setAccessibleName(tr("Remove from the queue"));
    setRole(*m_remove, "link");
    layout->addWidget(m_name);
    layout->addWidget(m_bar, 1);
    layout->addWidget(m_words);
    layout->addWidget(m_action);
    layout->addWidget(m_remove);
    connect(m_name, &QPushButton::clicked, this, &QueueRow::chosen);
    connect(m_remove, &QPushButton::clicked, this, &QueueRow::removeWanted);
    connect(m_action, &QPushButton::clicked, this, [this] {
        if (m_kind == Action::Resume)
            Q_EMIT resumeWanted();
        else if (m_kind == Action::Results)
            Q_EMIT resultsWanted();
    });
}

void QueueRow::showRun(const QueuedRun& run, bool isShown, bool canResume) {
    m_name->setText(run.title);
    m_name->setProperty("isShown", isShown);
    m_name->style()->unpolish(m_name);
    m_name->style()->polish(m_name);
    m_bar->setValue(static_cast<int>(runProgress(run) * kSteps));
    const char* role = run.state == RunState::Done ? "good" : run.state == RunState::Failed ? "bad" : "thick";
    if (m_bar->property("role").toString() != QLatin1String(role))
        setRole(*m_bar, role);
    const QString words = runStateText(run);
    m_words->setText(words);
    m_words->setToolTip(words.toHtmlEscaped());
    const bool hasEnded = run.state == RunState::Stopped || run.state == RunState::Failed;
    m_kind = run.state == RunState::Done ? Action::Results
             : hasEnded && canResume     ? Action::Resume
                                         : Action::None;
    const QString texts[] = {QString(), tr("Resume"), tr("Results")};
    m_action->setText(texts[static_cast<int>(m_kind)]);
    m_action->setEnabled(m_kind != Action::None);
    m_remove->setVisible(run.state != RunState::Running && run.state != RunState::Paused);
    m_remove->setToolTip(run.state == RunState::Waiting ? tr("Remove from the queue")
                                                        : tr("Remove from this list; its folder stays"));
    setAccessibleName(QStringLiteral("%1, %2").arg(run.title, words));
}

} // namespace hilum
