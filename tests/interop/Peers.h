// Other programs' answers, for tests/interop.
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

namespace hilum::test {

inline constexpr const char* kPython = "/usr/bin/python3"; // Debian's packages are this one's

struct PeerAnswer {
    bool worked = false;
    QString output; // stdout; stderr where it did not work
};

inline PeerAnswer ask(const QString& program, const QStringList& arguments) {
    QProcess process;
    process.start(program, arguments);
    const bool finished = process.waitForFinished(1'200'000);
    const bool worked = finished && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
    return {worked,
            QString::fromUtf8(worked ? process.readAllStandardOutput() : process.readAllStandardError())};
}

// torchvision_peer.py with the system's Python.
inline PeerAnswer askTorchvision(const QStringList& arguments) {
    return ask(kPython, QStringList{HILUM_SOURCE_DIR "/tests/interop/torchvision_peer.py"} + arguments);
}

// onnx_peer.cjs with node, which finds onnxruntime-node through NODE_PATH.
inline PeerAnswer askOnnxRuntime(const QStringList& arguments) {
    return ask("node", QStringList{HILUM_SOURCE_DIR "/tests/interop/onnx_peer.cjs"} + arguments);
}

inline PeerAnswer askHilum(const QStringList& arguments) {
    return ask(qEnvironmentVariable("HILUM_CLI"), arguments);
}

} // namespace hilum::test
