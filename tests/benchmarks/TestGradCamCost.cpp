// What heat maps of three classes cost on top of the plain forward pass, measured side by side in one run.

#include <algorithm>
#include <chrono>
#include <thread>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/utils.h>

#include "core/network/GradCam.h"
#include "core/network/Network.h"

#include <QtTest>

using namespace hilum;

namespace {

constexpr int kLabels = 3;
constexpr int kPairs = 5;    // the two run in turn, so that what else the machine does slows both
constexpr int kAttempts = 3; // another process may disturb a whole attempt
constexpr double kMaxRatio = 1.15;

template <class Work>
double milliseconds(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

} // namespace

class TestGradCamCost : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        at::set_num_threads(static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
    }

    void threeMapsCostLittle_data() {
        QTest::addColumn<QString>("name");
        // Heads in closed form; SqueezeNet's goes through autograd, which costs a tenth of so small a
        // network.
        for (const char* name : {"vgg19", "resnet101", "densenet201", "hilumnet"})
            QTest::newRow(name) << QString::fromUtf8(name);
    }
    void threeMapsCostLittle() {
        QFETCH(QString, name);
        const NetworkInfo& info = *findNetwork(name.toStdString());
        const auto network = makeNetwork(info.name, kLabels, info.inputPlanes).value();
        network->eval();
        const at::Tensor image = at::rand({1, info.inputPlanes, info.inputSizePx, info.inputSizePx});
        const auto plain = [&] {
            const c10::InferenceMode inference;
            network->forward(image);
        };
        const auto explained = [&] { gradCam(*network, image); };
        plain();
        explained();

        double best = 1e9;
        for (int attempt = 0; attempt < kAttempts && best > kMaxRatio; ++attempt) {
            std::vector<double> plainMs, ratios;
            for (int i = 0; i < kPairs; ++i) {
                plainMs.push_back(milliseconds(plain));
                ratios.push_back(milliseconds(explained) / plainMs.back());
            }
            qInfo("%s: forward %.1f ms, with %d maps %.3f times that", qPrintable(name), median(plainMs),
                  kLabels, median(ratios));
            best = std::min(best, median(ratios));
        }
        QVERIFY(best <= kMaxRatio);
    }
};

QTEST_APPLESS_MAIN(TestGradCamCost)
#include "TestGradCamCost.moc"
