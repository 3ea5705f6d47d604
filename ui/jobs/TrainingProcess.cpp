#include "ui/jobs/TrainingProcess.h"

#include "ui/QtConvert.h"

namespace hilum {
namespace {

constexpr int kPatienceMs = 10'000; // for a training that is asked to stop when the window closes
constexpr qsizetype kMostErrorText = 400;

// What a process that ended without a word leaves on its error output: the last lines.
std::string lastWords(QProcess& process) {
    const QByteArray text = process.readAllStandardError().trimmed();
    return text.right(kMostErrorText).toStdString();
}

} // namespace

TrainingProcess::TrainingProcess(std::filesystem::path program, QObject* parent)
    : QObject(parent), m_program(std::move(program)) {
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &TrainingProcess::readLines);
    connect(&m_process, &QProcess::finished, this, &TrainingProcess::onFinished);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail({ErrorCode::NotFound, "The training program cannot be started.", m_program.string()});
    });
}

TrainingProcess::~TrainingProcess() {
    m_process.disconnect(this);
    if (!isRunning())
        return;
    stop();
    m_process.closeWriteChannel();
    if (!m_process.waitForFinished(kPatienceMs))
        m_process.kill(); // its last checkpoint is whole whenever it ends
}

void TrainingProcess::start(const TrainingConfig& config, ExistingRun existing) {
    m_last.reset();
    const QByteArray json = QByteArray::fromStdString(toJson(config));
    if (!m_config.open() || !m_config.resize(0) || m_config.write(json) != json.size() || !m_config.flush()) {
        const QString reason = m_config.errorString();
        QMetaObject::invokeMethod(
            this,
            [this, reason] {
                fail({ErrorCode::NotWritable, "The settings cannot be handed on.", reason.toStdString()});
            },
            Qt::QueuedConnection);
        return;
    }
    QStringList arguments{QStringLiteral("train"),     QStringLiteral("--progress"), QStringLiteral("json"),
                          QStringLiteral("--control"), QStringLiteral("--config"),   m_config.fileName()};
    if (existing == ExistingRun::Resume)
        arguments << QStringLiteral("--resume");
    else if (existing == ExistingRun::Overwrite)
        arguments << QStringLiteral("--overwrite");
    m_process.start(toQString(m_program), arguments);
}

void TrainingProcess::pause() { say("pause\n"); }
void TrainingProcess::resume() { say("resume\n"); }
void TrainingProcess::stop() { say("stop\n"); }

void TrainingProcess::say(const char* word) {
    if (isRunning())
        m_process.write(word);
}

void TrainingProcess::readLines() {
    while (m_process.canReadLine()) {
        const QByteArray line = m_process.readLine().trimmed();
        const auto event = parseTrainingEvent({line.constData(), static_cast<std::size_t>(line.size())});
        if (!event || m_last)
            continue; // a library's word on the wrong channel
        if (std::holds_alternative<FinishedEvent>(*event) || std::holds_alternative<FailedEvent>(*event))
            m_last = *event;
        else
            Q_EMIT happened(*event);
    }
}

void TrainingProcess::onFinished(int exitCode, QProcess::ExitStatus status) {
    readLines();
    if (m_last)
        Q_EMIT happened(*m_last);
    else if (status == QProcess::CrashExit)
        fail({ErrorCode::OutOfMemory,
              "The training was ended by the system, most likely for want of memory. Its last checkpoint is "
              "kept; try "
              "a smaller batch.",
              lastWords(m_process)});
    else
        fail({ErrorCode::Internal,
              "The training program ended early, with status " + std::to_string(exitCode) + ".",
              lastWords(m_process)});
}

void TrainingProcess::fail(Error error) { Q_EMIT happened(FailedEvent{std::move(error)}); }

} // namespace hilum
