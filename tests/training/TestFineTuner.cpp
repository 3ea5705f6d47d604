// torch before Qt: both know the word slots.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/utils.h>

#include "core/domain/Precision.h"
#include "core/graph/Networks.h"
#include "core/network/ModelFile.h"
#include "training/Calibration.h"
#include "training/Checkpoint.h"
#include "training/LayerBlocks.h"
#include "training/NetworkState.h"
#include "training/PinnedFilms.h"
#include "training/TrainingLoop.h"
#include "training/TrainingLoss.h"

#include <map>

#include <QtTest/QtTest>

#include "tests/support/FilmFolder.h"
#include "training/Evaluation.h"
#include "training/FineTuner.h"
#include "training/FinishedRun.h"
#include "training/Split.h"
#include "training/Text.h"

using namespace hilum;
using test::FilmFolder;

namespace {

// Quick: 32 × 32 films, a few epochs.
TrainingConfig quick(const FilmFolder& folder, const std::string& run = "run") {
    TrainingConfig config;
    config.data = folder.root();
    config.out = folder.scratch() / run;
    config.network = "hilumnet";
    config.inputSizePx = 32;
    config.inputPlanes = 1;
    config.epochs = 3;
    config.batchSize = 8;
    config.optimiser.learningRate = 3e-3;
    config.augmentation.horizontalFlip = false;
    config.augmentation.rotationDeg = 5;
    config.split.validation = 0.2;
    config.split.train = 0.6;
    config.threads = 2;
    return config;
}

AugmentationConfig noAugmentation() {
    return {.horizontalFlip = false,
            .rotationDeg = 0,
            .zoom = 0,
            .translation = 0,
            .contrast = 0,
            .brightness = 0};
}

void useFractions(SplitConfig& split, double train, double validation, double test) {
    split.train = train;
    split.validation = validation;
    split.test = test;
}

bool sameTensors(const WeightState& a, const WeightState& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i)
        same = a[i].first == b[i].first && a[i].second.equal(b[i].second);
    return same;
}

WeightState modelWeights(const std::filesystem::path& file) { return copyOfState(*loadModel(file)->network); }

std::shared_ptr<Network> smallNetwork(std::uint64_t seed = 1) {
    torch::manual_seed(seed);
    return *makeNetwork("hilumnet", 2, 1);
}

// What a loop needs, without a run folder.
struct LoopFixture {
    explicit LoopFixture(const TrainingConfig& raw) : config(*resolved(raw)) {
        at::set_num_threads(2);
        auto index = indexDataset(config.data, *PatientPattern::parse(""));
        store = *FilmStore::load(*index, {.inputSizePx = config.inputSizePx, .threads = 2}, [](long, long) {},
                                 {});
        const Split split = *makeSplit(*index, config.split, config.seed);
        train = split.films(FilmSet::Train);
        validation = split.films(FilmSet::Validation);
    }
    Result<LoopOutcome> run(Network& network, std::stop_token stop = {}) {
        const TrainingInput input{.config = config,
                                  .store = store,
                                  .trainFilms = train,
                                  .validationFilms = validation,
                                  .seed = config.seed,
                                  .threads = 2,
                                  .featureFile = featureFile,
                                  .progress = progress,
                                  .keep = keep};
        return trainNetwork(network, input, std::move(stop));
    }
    TrainingConfig config;
    FilmStore store;
    std::vector<std::size_t> train, validation;
    std::filesystem::path featureFile;
    ProgressCallback progress = [](const TrainingProgress&) {};
    std::function<Result<void>(const KeptWeights&)> keep = [](const KeptWeights&) { return Result<void>{}; };
};

} // namespace

class TestFineTuner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void learnsWhatCanBeLearnt() {
        const FilmFolder folder;
        folder.addClasses(40);
        TrainingConfig config = quick(folder);
        config.epochs = 12;
        const auto outcome = fineTune(config, {}, {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QVERIFY(outcome->test->accuracy.value >= 0.9);
        QCOMPARE(outcome->test->accuracy.count, 16L);
        QVERIFY(!outcome->stopped);
        QCOMPARE(outcome->history.size(), std::size_t{12});
        QVERIFY(outcome->history.back().trainLoss < outcome->history.front().trainLoss);
    }

    void everyNetworkTrainsInBfloat16_data() {
        QTest::addColumn<QString>("name");
        for (const NetworkInfo& info : networkTable()) {
            if (!info.name.starts_with("vgg") && info.name != "inception_v3" && info.name != "resnet101" &&
                info.name != "densenet201") // large, and made of the same operations as others
                QTest::newRow(info.name.data()) << QString::fromUtf8(info.name.data());
        }
    }
    void everyNetworkTrainsInBfloat16() {
        QFETCH(QString, name);
        if (!processorHasBf16())
            QSKIP("The processor has no bf16.");
        const FilmFolder folder;
        folder.addClasses(4, 64);
        TrainingConfig config = quick(folder);
        config.network = name.toStdString();
        config.inputSizePx = 64;
        config.inputPlanes = 0;
        config.epochs = 1;
        config.precision = Precision::Bf16;
        config.device = ComputeDevice::Cpu;
        useFractions(config.split, 1, 0, 0);
        const auto outcome = fineTune(config, {}, {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QVERIFY(std::isfinite(outcome->history.back().trainLoss));
    }

    void temperatureIsFittedOnTheValidationFilms() {
        const auto trained = [](int filmsPerClass) {
            const FilmFolder folder;
            folder.addClasses(filmsPerClass);
            for (std::uint64_t i = 0; i < 6; ++i) // that no network gets right
                folder.addFilm("Low/wrong" + std::to_string(i) + ".png", 0, 100 + i);
            TrainingConfig config = quick(folder);
            config.epochs = 10;
            useFractions(config.split, 0.4, 0.4, 0.2);
            const auto outcome = fineTune(config, {}, {});
            if (!outcome)
                qFatal("%s", outcome.error().message.c_str());
            const RunFolder run(config.out);
            const auto predictions =
                parsePredictionsCsv(*readTextFile(run.validationPredictions()), outcome->labels);
            return std::tuple(*predictions, loadModelCard(run.model())->temperature,
                              *readTextFile(run.evaluationText()));
        };
        const auto [predictions, temperature, text] = trained(40);
        const TemperatureFit fit = fitTemperature(predictions);
        QVERIFY(!fit.atLimit && fit.temperature != 1 && fit.nllAfter < fit.nllBefore);
        QVERIFY(std::abs(temperature / fit.temperature - 1) < 1e-3);
        QVERIFY(text.find("temperature of") != std::string::npos);
        QCOMPARE(std::get<1>(trained(10)), 1.0); // too few films to tell
    }

    void runFolderIsComplete() {
        const FilmFolder folder;
        folder.addClasses(12);
        folder.addText("High/broken.png", "\x89PNG\r\n\x1a\n");
        TrainingConfig config = quick(folder);
        config.limits = {"Made in a test."};
        const auto outcome = fineTune(config, {}, {});
        QVERIFY(outcome.has_value());
        QCOMPARE(outcome->skipped.size(), std::size_t{1});
        const RunFolder run(config.out);
        for (const auto& file :
             {run.config(), run.split(), run.skipped(), run.history(), run.bestCheckpoint(),
              run.lastCheckpoint(), run.model(), run.evaluationJson(), run.evaluationText(),
              run.predictions(), run.validationPredictions()})
            QVERIFY2(std::filesystem::exists(file), file.c_str());

        const auto model = loadModel(run.model());
        QVERIFY(model.has_value());
        const ModelCard& card = model->card;
        QCOMPARE(card.labels, (std::vector<std::string>{"High", "Low"}));
        QCOMPARE(card.preprocessing.inputSizePx, 32);
        QCOMPARE(card.dataFingerprint.size(), std::size_t{64});
        QCOMPARE(card.testAccuracy.count, static_cast<long>(outcome->test->confusion.total()));
        QCOMPARE(card.testAccuracy.low, outcome->test->accuracy.low);
        QVERIFY(card.trainingCommand.find("--seed 1") != std::string::npos);
        QVERIFY(card.heatMapScale >= 0);
        QCOMPARE(card.limits.front(), std::string("Made in a test."));

        // The saved configuration repeats the run.
        const auto saved = readTrainingConfig(run.config());
        QVERIFY(saved.has_value());
        TrainingConfig again = *saved;
        again.out = folder.scratch() / "again";
        QVERIFY(fineTune(again, {}, {}).has_value());
        QVERIFY(sameTensors(modelWeights(run.model()), modelWeights(RunFolder(again.out).model())));
        QCOMPARE(*readTextFile(run.split()), *readTextFile(RunFolder(again.out).split()));
        QCOMPARE(*readTextFile(run.predictions()), *readTextFile(RunFolder(again.out).predictions()));
    }

    void anotherSeedGivesOtherWeights() {
        const FilmFolder folder;
        folder.addClasses(10);
        TrainingConfig one = quick(folder, "one"), two = quick(folder, "two");
        one.epochs = two.epochs = 1;
        two.seed = 2;
        QVERIFY(fineTune(one, {}, {}).has_value());
        QVERIFY(fineTune(two, {}, {}).has_value());
        QVERIFY(!sameTensors(modelWeights(one.out / "model.safetensors"),
                             modelWeights(two.out / "model.safetensors")));
    }

    void frozenPartsStayAsTheyAre_data() {
        QTest::addColumn<int>("part");
        QTest::newRow("head") << static_cast<int>(Trainable::HeadOnly);
        QTest::newRow("last block and head") << static_cast<int>(Trainable::LastBlockAndHead);
        QTest::newRow("all") << static_cast<int>(Trainable::All);
    }
    void frozenPartsStayAsTheyAre() {
        QFETCH(int, part);
        const FilmFolder folder;
        folder.addClasses(10);
        TrainingConfig config = quick(folder);
        config.trainable = static_cast<Trainable>(part);
        config.schedule.kind = ScheduleKind::Constant;
        useFractions(config.split, 0.8, 0, 0.2);
        LoopFixture fixture(config);
        const auto network = smallNetwork();
        const WeightState before = copyOfState(*network);
        QVERIFY(fixture.run(*network).has_value());
        const WeightState after = copyOfState(*network);

        std::vector<std::string> trainable = network->headPrefixes();
        if (config.trainable == Trainable::LastBlockAndHead)
            trainable.push_back(network->lastBlockPrefixes().front());
        if (config.trainable == Trainable::All)
            trainable = {""};
        for (std::size_t i = 0; i < before.size(); ++i) {
            const std::string& name = before[i].first;
            const bool mayChange = std::ranges::any_of(
                trainable, [&](const std::string& prefix) { return name.starts_with(prefix); });
            QVERIFY2(before[i].second.equal(after[i].second) != mayChange, name.c_str());
        }
    }

    // Trained on features that were computed once, or with the frozen part run in every epoch.
    void cachedFeaturesTrainTheSameWeights_data() {
        QTest::addColumn<int>("part");
        QTest::addColumn<int>("memoryLimitMb");
        for (const int limit : {4096, 0}) {
            QTest::addRow("head, %d MB", limit) << static_cast<int>(Trainable::HeadOnly) << limit;
            QTest::addRow("last block, %d MB", limit)
                << static_cast<int>(Trainable::LastBlockAndHead) << limit;
        }
    }
    void cachedFeaturesTrainTheSameWeights() {
        QFETCH(int, part);
        QFETCH(int, memoryLimitMb);
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        config.trainable = static_cast<Trainable>(part);
        config.augmentation = noAugmentation();
        config.memoryLimitMb = memoryLimitMb;
        std::vector<WeightState> ends;
        std::vector<double> losses;
        for (const int views : {0, 1}) {
            config.cachedViews = views;
            LoopFixture fixture(config);
            fixture.featureFile = folder.scratch() / "features.tmp";
            const auto network = smallNetwork();
            const auto outcome = fixture.run(*network);
            QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
            ends.push_back(copyOfState(*network));
            losses.push_back(*outcome->history.back().validationLoss);
            QVERIFY(!std::filesystem::exists(fixture.featureFile));
        }
        QVERIFY(std::abs(losses[0] - losses[1]) < 1e-4);
        for (std::size_t i = 0; i < ends[0].size(); ++i)
            QVERIFY2(ends[0][i].second.allclose(ends[1][i].second, 1e-3, 1e-5), ends[0][i].first.c_str());
        QVERIFY(!sameTensors(ends[1], copyOfState(*smallNetwork())));
    }

    void frozenPartSeesEveryViewOnce_data() {
        QTest::addColumn<int>("views");
        for (const int views : {0, 1, 3})
            QTest::addRow("%d views", views) << views;
    }
    void frozenPartSeesEveryViewOnce() {
        QFETCH(int, views);
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        config.trainable = Trainable::HeadOnly;
        config.cachedViews = views;
        LoopFixture fixture(config);
        long films = 0;
        std::string note;
        fixture.progress = [&](const TrainingProgress& progress) {
            if (progress.phase == TrainingPhase::Caching && progress.done == progress.total)
                films += progress.total;
            note += progress.note;
        };
        QVERIFY(fixture.run(*smallNetwork()).has_value());
        QCOMPARE(films, views == 0 ? 0L
                                   : static_cast<long>(fixture.validation.size()) +
                                         views * static_cast<long>(fixture.train.size()));
        QCOMPARE(note.find("augmentation is left out") != std::string::npos, views == 1);
    }

    void cachedViewsAreAugmented() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        config.trainable = Trainable::HeadOnly;
        std::vector<WeightState> ends;
        for (const int views : {1, 3, 3}) {
            config.cachedViews = views;
            const auto network = smallNetwork();
            QVERIFY(LoopFixture(config).run(*network).has_value());
            ends.push_back(copyOfState(*network));
        }
        QVERIFY(!sameTensors(ends[0], ends[1]));
        QVERIFY(sameTensors(ends[1], ends[2]));
    }

    // A large rate ruins the weights after a good epoch: the good epoch's weights come back.
    void earlyStoppingRestoresTheBestWeights() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        config.epochs = 30;
        config.earlyStoppingPatience = 3;
        config.schedule.kind = ScheduleKind::Constant;
        config.optimiser.kind = OptimiserKind::Sgd;
        config.optimiser.learningRate = 0.05;
        LoopFixture fixture(config);
        std::map<int, WeightState> weights;
        std::map<int, double> losses;
        std::vector<bool> bests;
        fixture.keep = [&](const KeptWeights& kept) {
            const auto epoch = static_cast<int>(kept.history.size());
            weights[epoch] = kept.weights;
            losses[epoch] = *kept.history.back().validationLoss;
            bests.push_back(kept.best);
            return Result<void>{};
        };
        const auto network = smallNetwork();
        const auto outcome = fixture.run(*network);
        QVERIFY(outcome.has_value());
        const auto lowest =
            std::ranges::min_element(losses, {}, [](const auto& entry) { return entry.second; });
        QCOMPARE(outcome->bestEpoch, lowest->first);
        QVERIFY(sameTensors(copyOfState(*network), weights.at(lowest->first)));
        QVERIFY(bests[static_cast<std::size_t>(lowest->first - 1)]);
        const auto epochs = static_cast<int>(outcome->history.size());
        QVERIFY2(epochs < 30, "the validation loss fell for 30 epochs");
        QCOMPARE(epochs, outcome->bestEpoch + 3);
        QVERIFY(!sameTensors(weights.at(epochs), weights.at(outcome->bestEpoch)));
    }

    void withoutValidationTheLastWeightsAreKept() {
        const FilmFolder folder;
        folder.addClasses(10);
        TrainingConfig config = quick(folder);
        useFractions(config.split, 0.8, 0, 0.2);
        const auto outcome = fineTune(config, {}, {});
        QVERIFY(outcome.has_value());
        QCOMPARE(outcome->bestEpoch, 3);
        QVERIFY(!outcome->history.back().validationLoss);
        const RunFolder run(config.out);
        const auto last = readCheckpoint(run.lastCheckpoint());
        QVERIFY(last.has_value());
        QCOMPARE(last->epoch, 3);
        const auto network = smallNetwork();
        QVERIFY(loadState(*network, last->weights).has_value());
        QVERIFY(sameTensors(copyOfState(*network), modelWeights(run.model())));
    }

    // One step: average = d · start + (1 − d) · end with d = min(decay, 2 / 11).
    void averageFollowsItsDefinition() {
        const auto network = smallNetwork();
        WeightAverage average(*network, 0.9);
        const WeightState start = copyOfState(*network);
        const torch::NoGradGuard noGrad;
        for (at::Tensor& parameter : network->parameters())
            parameter.add_(1);
        average.update(*network);
        for (std::size_t i = 0; i < start.size(); ++i) {
            if (start[i].second.is_floating_point() && start[i].first.ends_with("weight"))
                QVERIFY(average.state()[i].second.allclose(start[i].second + 9.0 / 11, 1e-5, 1e-6));
        }
    }

    void weightAverageIsWhatIsKept() {
        const FilmFolder folder;
        folder.addClasses(10);
        TrainingConfig plain = quick(folder, "plain"), averaged = quick(folder, "averaged");
        averaged.emaDecay = 0.99;
        QVERIFY(fineTune(plain, {}, {}).has_value());
        QVERIFY(fineTune(averaged, {}, {}).has_value());
        const auto file = [](const TrainingConfig& config) { return RunFolder(config.out).lastCheckpoint(); };
        QVERIFY(!sameTensors(readCheckpoint(file(plain))->weights, readCheckpoint(file(averaged))->weights));
    }

    void bf16LearnsAsWell() {
        const FilmFolder folder;
        folder.addClasses(40);
        TrainingConfig config = quick(folder);
        config.precision = Precision::Bf16;
        config.epochs = 12;
        const auto outcome = fineTune(config, {}, {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QVERIFY(outcome->test->accuracy.value >= 0.9);
        for (const auto& [name, tensor] : modelWeights(outcome->modelFile))
            QVERIFY(!tensor.is_floating_point() || tensor.scalar_type() == at::kFloat);
    }

    // Rounded, but the same step: bf16 has 8 bits of mantissa.
    void bf16StepsLikeFp32() {
        const FilmFolder folder;
        folder.addClasses(10);
        std::map<Precision, WeightState> ends;
        for (const Precision precision : {Precision::Fp32, Precision::Bf16}) {
            TrainingConfig config = quick(folder);
            config.precision = precision;
            config.epochs = 1;
            config.batchSize = 12;
            config.optimiser.kind = OptimiserKind::Sgd;
            config.optimiser.momentum = 0;
            config.schedule.kind = ScheduleKind::Constant;
            useFractions(config.split, 0.6, 0, 0.4);
            const auto network = smallNetwork();
            QVERIFY(LoopFixture(config).run(*network).has_value());
            ends[precision] = copyOfState(*network);
        }
        const WeightState start = copyOfState(*smallNetwork());
        QVERIFY(!sameTensors(ends[Precision::Fp32], ends[Precision::Bf16]));
        double product = 0, fp32 = 0, bf16 = 0;
        for (std::size_t i = 0; i < start.size(); ++i) {
            if (!start[i].first.ends_with("weight"))
                continue;
            const at::Tensor a = ends[Precision::Fp32][i].second - start[i].second;
            const at::Tensor b = ends[Precision::Bf16][i].second - start[i].second;
            product += (a * b).sum().item<double>();
            fp32 += a.square().sum().item<double>();
            bf16 += b.square().sum().item<double>();
        }
        QVERIFY(product / std::sqrt(fp32 * bf16) > 0.98); // cosine between the steps
    }

    // Without batch norms in what is trained, as a larger batch.
    void accumulatedBatchesStepLikeALargerOne() {
        const FilmFolder folder;
        folder.addClasses(20);
        std::map<int, WeightState> ends;
        std::map<int, double> losses;
        for (const int batches : {1, 4}) {
            TrainingConfig config = quick(folder);
            config.trainable = Trainable::HeadOnly;
            config.batchSize = 8 / batches;
            config.accumulationSteps = batches;
            config.optimiser.kind = OptimiserKind::Sgd;
            config.optimiser.learningRate = 0.1;
            LoopFixture fixture(config);
            const auto network = smallNetwork();
            const auto outcome = fixture.run(*network);
            QVERIFY(outcome.has_value());
            ends[batches] = copyOfState(*network);
            losses[batches] = outcome->history.back().trainLoss;
        }
        const WeightState start = copyOfState(*smallNetwork());
        for (std::size_t i = 0; i < start.size(); ++i) {
            QVERIFY2(ends[1][i].second.allclose(ends[4][i].second, 1e-4, 1e-6), start[i].first.c_str());
            QVERIFY(!start[i].first.starts_with("fc.") ||
                    !ends[1][i].second.allclose(start[i].second, 1e-2, 1e-3));
        }
        QVERIFY(std::abs(losses[1] - losses[4]) < 1e-5);
    }

    // By hand: Σ w(y) · −log p(y) / Σ w(y).
    void classWeightsWeighTheMean() {
        TrainingPass pass;
        pass.logits = at::tensor({0.0F, 0.0F, 2.0F, 0.0F}).view({2, 2});
        const at::Tensor labels = at::tensor({std::int64_t{0}, std::int64_t{1}});
        const double first = std::log(2), second = std::log(1 + std::exp(2));
        const auto loss = [&](const LossOptions& options) {
            return trainingLoss(pass, labels, options).item<double>();
        };
        QVERIFY(std::abs(loss({}) - (first + second) / 2) < 1e-6);
        QVERIFY(std::abs(loss({0, at::tensor({3.0F, 1.0F})}) - (3 * first + second) / 4) < 1e-6);
    }

    // What is configured reaches the loss.
    void recipesChangeTheWeights_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::newRow("class weights") << "classWeights"
                                       << "balanced";
        QTest::newRow("mixup") << "augmentation.mixup"
                               << "0.4";
        QTest::newRow("layer decay") << "optimiser.layerDecay"
                                     << "0.5";
        QTest::newRow("unfreezing") << "unfreezeEveryEpochs"
                                    << "1";
        QTest::newRow("accumulation") << "accumulationSteps"
                                      << "2";
    }
    void recipesChangeTheWeights() {
        QFETCH(QString, key);
        QFETCH(QString, value);
        const FilmFolder folder;
        folder.addClasses(12);
        for (int i = 0; i < 12; ++i)
            folder.addFilm("High/more" + std::to_string(i) + ".png", 0, static_cast<std::uint64_t>(100 + i));
        TrainingConfig plain = quick(folder), changed = plain;
        plain.sampling = changed.sampling = Sampling::Shuffle;
        for (const ConfigField& field : configFields(changed)) {
            if (field.key == key.toStdString())
                QVERIFY(setFieldText(field, value.toStdString()).has_value());
        }
        QVERIFY(toJson(plain) != toJson(changed));
        const auto one = smallNetwork(), other = smallNetwork(), again = smallNetwork();
        QVERIFY(LoopFixture(plain).run(*one).has_value());
        const auto outcome = LoopFixture(changed).run(*other);
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QVERIFY(!sameTensors(copyOfState(*one), copyOfState(*other)));
        QVERIFY(LoopFixture(changed).run(*again).has_value()); // no randomness of its own
        QVERIFY(sameTensors(copyOfState(*again), copyOfState(*other)));
    }

    // One plain step: the way of a weight is proportional to its rate.
    void earlierBlocksLearnSlower() {
        const FilmFolder folder;
        folder.addClasses(10);
        TrainingConfig config = quick(folder);
        config.epochs = 1;
        config.batchSize = 12;
        config.optimiser = {.kind = OptimiserKind::Sgd, .learningRate = 0.1, .momentum = 0, .weightDecay = 0};
        config.schedule.kind = ScheduleKind::Constant;
        useFractions(config.split, 0.6, 0, 0.4);
        const WeightState start = copyOfState(*smallNetwork());
        const auto even = smallNetwork(), decayed = smallNetwork();
        QVERIFY(LoopFixture(config).run(*even).has_value());
        config.optimiser.layerDecay = 0.5;
        QVERIFY(LoopFixture(config).run(*decayed).has_value());
        const auto blocks = blocksOf(even->graph());
        const WeightState a = copyOfState(*even), b = copyOfState(*decayed);
        int checked = 0;
        for (std::size_t i = 0; i < start.size(); ++i) {
            if (!start[i].first.ends_with("weight") && !start[i].first.ends_with("bias"))
                continue;
            const double factor = std::pow(0.5, blocks.at(start[i].first));
            const double whole = (a[i].second - start[i].second).norm().item<double>();
            const double part = (b[i].second - start[i].second).norm().item<double>();
            if (whole < 1e-4)
                continue;
            QVERIFY2(std::abs(part / whole / factor - 1) < 0.01, start[i].first.c_str());
            ++checked;
        }
        QVERIFY(checked > 10);
    }

    void oneBlockMoreIsTrainedAfterSoManyEpochs() {
        const FilmFolder folder;
        folder.addClasses(30); // several steps: a residual branch begins at 0 and waits for its last norm
        TrainingConfig config = quick(folder);
        config.epochs = 4;
        config.unfreezeEveryEpochs = 2;
        LoopFixture fixture(config);
        std::vector<WeightState> kept{copyOfState(*smallNetwork())};
        fixture.keep = [&](const KeptWeights& now) {
            kept.push_back(now.weights);
            return Result<void>{};
        };
        const auto network = smallNetwork();
        QVERIFY(fixture.run(*network).has_value());
        const auto blocks = blocksOf(network->graph());
        for (std::size_t epoch = 1; epoch < kept.size(); ++epoch) {
            for (std::size_t i = 0; i < kept[0].size(); ++i) {
                const auto& [name, before] = kept[epoch - 1][i];
                const bool changes = !before.equal(kept[epoch][i].second);
                QVERIFY2(changes == (static_cast<std::size_t>(blocks.at(name)) <= (epoch - 1) / 2),
                         name.c_str());
            }
        }
    }

    void sweepFindsARateThatLearns() {
        const FilmFolder folder;
        folder.addClasses(40);
        TrainingConfig config = quick(folder);
        const auto curve = findRate(config, {1e-6, 10, 80}, {}, {});
        QVERIFY2(curve.has_value(), curve ? "" : curve.error().message.c_str());
        QVERIFY(!std::filesystem::exists(config.out));
        QVERIFY(curve->points().size() > 20);
        QCOMPARE(curve->points().front().rate, 1e-6);
        const auto rate = curve->suggestedRate();
        QVERIFY(rate.has_value());
        QVERIFY2(*rate > 1e-5 && *rate < 1, qPrintable(QString::number(*rate)));
        QVERIFY(findRate(config, {1e-3, 1e-4, 80}, {}, {}).error().code == ErrorCode::InvalidArgument);
    }

    void pinnedFilmsAreSpreadOverTheClasses() {
        const FilmFolder folder;
        folder.addClasses(20);
        const LoopFixture fixture(quick(folder));
        const auto pinned = choosePinnedFilms(fixture.store, fixture.validation, 4, 1);
        QCOMPARE(pinned.size(), std::size_t{4});
        int high = 0;
        for (const std::size_t film : pinned) {
            QVERIFY(std::ranges::find(fixture.validation, film) != fixture.validation.end());
            high += fixture.store.label(film) == 0 ? 1 : 0;
        }
        QCOMPARE(high, 2);
        QCOMPARE(choosePinnedFilms(fixture.store, fixture.validation, 4, 1), pinned);
        QVERIFY(choosePinnedFilms(fixture.store, fixture.validation, 4, 2) != pinned);
        QCOMPARE(choosePinnedFilms(fixture.store, fixture.validation, 64, 1).size(),
                 fixture.validation.size());
    }

    void pinnedFilmsAreDrawnAfterEveryEpoch() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder), plain = quick(folder, "plain");
        config.pinnedFilms = 3;
        std::map<int, std::vector<PinnedFilm>> told;
        const auto outcome = fineTune(config,
                                      [&](const TrainingProgress& progress) {
                                          if (!progress.pinnedFilms.empty())
                                              told[progress.epoch] = progress.pinnedFilms;
                                      },
                                      {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QCOMPARE(told.size(), std::size_t{3});
        for (const auto& [epoch, films] : told) {
            QCOMPARE(films.size(), std::size_t{3});
            for (const PinnedFilm& film : films) {
                QVERIFY(film.probability >= 0.5 && film.probability <= 1);
                QCOMPARE(film.label, film.file.begin()->string());
                QVERIFY(film.predicted == "High" || film.predicted == "Low");
                const std::string png = readTextFile(config.out / film.picture).value_or("");
                QCOMPARE(png.substr(12, 12), std::string("IHDR\0\0\0\xA0\0\0\0\xA0", 12)); // 160 × 160
            }
        }
        QCOMPARE(told[2][0].picture, std::filesystem::path("heatmaps/epoch-002-1.png"));
        // Looking changes nothing.
        QVERIFY(fineTune(plain, {}, {}).has_value());
        QVERIFY(sameTensors(modelWeights(RunFolder(config.out).model()),
                            modelWeights(RunFolder(plain.out).model())));
        // And the pictures go with the run.
        std::ofstream(RunFolder(config.out).heatMaps() / "mine.txt") << "x";
        config.pinnedFilms = 0;
        QVERIFY(fineTune(config, {}, {}, ExistingRun::Overwrite).has_value());
        QVERIFY(!std::filesystem::exists(config.out / told[2][0].picture));
        QVERIFY(std::filesystem::exists(RunFolder(config.out).heatMaps() / "mine.txt"));
    }

    void exploringLossIsAnError() {
        const FilmFolder folder;
        folder.addClasses(10);
        TrainingConfig config = quick(folder);
        config.optimiser.kind = OptimiserKind::Sgd;
        config.optimiser.learningRate = 100;
        config.optimiser.momentum = 0.99;
        config.schedule.kind = ScheduleKind::Constant;
        config.epochs = 200;
        LoopFixture fixture(config);
        const auto network = smallNetwork();
        const torch::NoGradGuard noGrad;
        network->parameters().front().fill_(std::numeric_limits<float>::infinity());
        at::AutoGradMode withGradients(true);
        const auto outcome = fixture.run(*network);
        QVERIFY(!outcome);
        QVERIFY(outcome.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(outcome.error().context, std::string("optimiser.learningRate"));
    }

    void stopKeepsWhatWasLearnt() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        config.epochs = 1000;
        std::stop_source stop;
        const auto outcome = fineTune(
            config,
            [&](const TrainingProgress& progress) {
                if (progress.epoch == 3 && progress.done == 1)
                    stop.request_stop();
            },
            stop.get_token());
        QVERIFY(outcome.has_value());
        QVERIFY(outcome->stopped);
        QCOMPARE(outcome->history.size(), std::size_t{2});
        QVERIFY(outcome->test.has_value());
        QVERIFY(loadModel(outcome->modelFile).has_value());
        QVERIFY(readCheckpoint(RunFolder(config.out).bestCheckpoint()).has_value());
    }

    void stopWithinTheFirstEpochKeepsItsSteps() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        std::stop_source stop;
        const auto outcome = fineTune(
            config,
            [&](const TrainingProgress& progress) {
                if (progress.phase == TrainingPhase::Training && progress.done == 1)
                    stop.request_stop();
            },
            stop.get_token());
        QVERIFY(outcome.has_value());
        QVERIFY(outcome->stopped);
        QCOMPARE(outcome->bestEpoch, 0);
        QCOMPARE(readCheckpoint(RunFolder(config.out).bestCheckpoint())->epoch, 0);
        QVERIFY(loadModel(outcome->modelFile).has_value());
        QVERIFY(!outcome->test.has_value()); // the test films stay locked
        QVERIFY(!std::filesystem::exists(RunFolder(config.out).evaluationJson()));
    }

    void stopBeforeAnythingIsCancelled() {
        const FilmFolder folder;
        folder.addClasses(5);
        std::stop_source stop;
        stop.request_stop();
        const auto outcome = fineTune(quick(folder), {}, stop.get_token());
        QVERIFY(outcome.error().code == ErrorCode::Cancelled);
    }

    void runIsNotOverwrittenUnasked() {
        const FilmFolder folder;
        folder.addClasses(6);
        TrainingConfig config = quick(folder);
        config.epochs = 1;
        QVERIFY(fineTune(config, {}, {}).has_value());
        const std::string before = *readTextFile(RunFolder(config.out).predictions());
        std::ofstream(config.out / "mine.txt") << "x";
        config.seed = 2;
        QVERIFY(fineTune(config, {}, {}).error().code == ErrorCode::InvalidArgument);
        QCOMPARE(*readTextFile(RunFolder(config.out).predictions()), before);
        QVERIFY(fineTune(config, {}, {}, ExistingRun::Overwrite).has_value());
        QVERIFY(*readTextFile(RunFolder(config.out).predictions()) != before);
        QVERIFY(std::filesystem::exists(config.out / "mine.txt"));
    }

    void initialWeightsAreUsedButForTheHead() {
        const FilmFolder folder;
        folder.addClasses(6);
        TrainingConfig config = quick(folder);
        config.epochs = 1;
        QVERIFY(fineTune(config, {}, {}).has_value());
        const std::filesystem::path file = RunFolder(config.out).model();

        const auto threeLabels = *makeNetwork("hilumnet", 3, 1);
        const auto loaded = loadInitialWeights(*threeLabels, file, "hilumnet");
        QVERIFY(loaded.has_value());
        QCOMPARE(loaded->skipped, (std::vector<std::string>{"fc.weight", "fc.bias"}));
        const auto twoLabels = *makeNetwork("hilumnet", 2, 1);
        QVERIFY(loadInitialWeights(*twoLabels, file, "hilumnet")->skipped.empty());
        QVERIFY(sameTensors(copyOfState(*twoLabels), modelWeights(file)));
        const auto threePlanes = *makeNetwork("hilumnet", 2, 3);
        QVERIFY(loadInitialWeights(*threePlanes, file, "hilumnet").error().code == ErrorCode::BadModelFile);
    }

    void foldsAreTestedOnEveryFilmOnce() {
        const FilmFolder folder;
        folder.addClasses(9);
        TrainingConfig config = quick(folder);
        config.epochs = 1;
        useFractions(config.split, 1, 0, 0);
        config.split.folds = 3;
        config.split.finalModel = true;
        const auto outcome = fineTune(config, {}, {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        const CrossValidationReport& report = *outcome->crossValidation;
        QCOMPARE(report.pooled.confusion.total(), 18L);
        QCOMPARE(report.foldAccuracies.size(), std::size_t{3});
        double hits = 0;
        for (const Proportion& fold : report.foldAccuracies)
            hits += fold.value * static_cast<double>(fold.count);
        QVERIFY(std::abs(hits - static_cast<double>(report.pooled.confusion.correct())) < 1e-9);
        const RunFolder run(config.out);
        const auto predictions = parsePredictionsCsv(*readTextFile(run.predictions()), outcome->labels);
        std::set<std::filesystem::path> files;
        for (const FilmPrediction& film : *predictions)
            QVERIFY(files.insert(film.file).second);
        QCOMPARE(files.size(), std::size_t{18});

        const auto model = loadModel(run.model());
        QVERIFY(model.has_value());
        QCOMPARE(model->card.testAccuracy.value, report.pooled.accuracy.value);
        QVERIFY(model->card.testedOn.find("3-fold cross-validation") != std::string::npos);
    }

    void finishedFoldsAreUsedAgain() {
        const FilmFolder folder;
        folder.addClasses(9);
        TrainingConfig config = quick(folder);
        config.epochs = 2;
        useFractions(config.split, 1, 0, 0);
        config.split.folds = 3;
        std::stop_source stop;
        const auto stopped = fineTune(
            config, [&](const TrainingProgress& progress) { progress.part == 3 && stop.request_stop(); },
            stop.get_token());
        QVERIFY(stopped.has_value());
        QVERIFY(stopped->stopped);
        QCOMPARE(stopped->crossValidation->foldAccuracies.size(), std::size_t{2});
        const auto firstModel = RunFolder(config.out).fold(1).model();
        const auto written = std::filesystem::last_write_time(firstModel);

        const auto resumed = fineTune(config, {}, {}, ExistingRun::Resume);
        QVERIFY(resumed.has_value());
        QCOMPARE(resumed->crossValidation->foldAccuracies.size(), std::size_t{3});
        QVERIFY(std::filesystem::last_write_time(firstModel) == written);

        TrainingConfig whole = config;
        whole.out = folder.scratch() / "whole";
        const auto atOnce = fineTune(whole, {}, {});
        QCOMPARE(*readTextFile(RunFolder(config.out).predictions()),
                 *readTextFile(RunFolder(whole.out).predictions()));
        QCOMPARE(resumed->crossValidation->pooled.confusion.counts,
                 atOnce->crossValidation->pooled.confusion.counts);
    }

    // A stopped one goes on, a complete one may be repeated later, and what is finished is used again.
    void runIsRepeatedWithOtherSeeds() {
        const FilmFolder folder;
        folder.addClasses(9);
        TrainingConfig config = quick(folder);
        config.epochs = 2;
        config.repeats = 3;
        std::stop_source stop;
        const auto stopped = fineTune(
            config,
            [&](const TrainingProgress& progress) {
                if (progress.epoch > 0)
                    QCOMPARE(progress.parts, 3);
                if (progress.part == 2 && progress.epoch > 0)
                    stop.request_stop();
            },
            stop.get_token());
        QVERIFY2(stopped.has_value(), stopped ? "" : stopped.error().message.c_str());
        QVERIFY(stopped->stopped);
        QCOMPARE(stopped->repeats.size(), std::size_t{2});
        const RunFolder run(config.out);
        const auto written = std::filesystem::last_write_time(run.repetition(1).model());

        config.repeats = 4;
        const auto resumed = fineTune(config, {}, {}, ExistingRun::Resume);
        QVERIFY2(resumed.has_value(), resumed ? "" : resumed.error().message.c_str());
        QVERIFY(!resumed->stopped);
        QCOMPARE(resumed->repeats.size(), std::size_t{4});
        QCOMPARE(resumed->repeats[0].accuracy, stopped->test->accuracy.value);
        QCOMPARE(resumed->repeats[1], stopped->repeats[1]);
        QVERIFY(std::filesystem::last_write_time(run.repetition(1).model()) == written);
        QVERIFY(resumed->repeats[1].negativeLogLikelihood != resumed->repeats[0].negativeLogLikelihood);
        QCOMPARE(loadRun(config.out)->repeats, resumed->repeats);
        QCOMPARE(*readTextFile(run.repetition(3).split()), *readTextFile(run.split()));

        // A repetition is a run like another: made alone, it gives the same figures.
        TrainingConfig alone = *readTrainingConfig(run.repetition(2).config());
        QCOMPARE(alone.seed, config.seed + 2);
        alone.out = folder.scratch() / "alone";
        const auto again = fineTune(alone, {}, {});
        QVERIFY2(again.has_value(), again ? "" : again.error().message.c_str());
        QCOMPARE(*readTextFile(RunFolder(alone.out).predictions()),
                 *readTextFile(run.repetition(2).predictions()));

        // Moved, it is still the same run; with other films it is not.
        const RunFolder moved(folder.scratch() / "moved");
        std::filesystem::rename(run.root(), moved.root());
        const auto before = std::filesystem::last_write_time(moved.repetition(3).model());
        config.out = moved.root();
        const auto afterMove = fineTune(config, {}, {}, ExistingRun::Resume);
        QVERIFY2(afterMove.has_value(), afterMove ? "" : afterMove.error().message.c_str());
        QCOMPARE(afterMove->repeats, resumed->repeats);
        QVERIFY(std::filesystem::last_write_time(moved.repetition(3).model()) == before);
        folder.addFilm("High/new.png", 0, 99);
        config.repeats = 5;
        const auto changed = fineTune(config, {}, {}, ExistingRun::Resume);
        QVERIFY(!changed && changed.error().message.find("films have changed") != std::string::npos);
        std::filesystem::rename(moved.root(), run.root());

        QVERIFY(run.prepare(ExistingRun::Overwrite));
        QVERIFY(!std::filesystem::exists(run.repetition(1).root()) &&
                !std::filesystem::exists(run.repeats()));
    }

    void evaluationRepeatsTheTestFigures() {
        const FilmFolder folder;
        folder.addClasses(12);
        const TrainingConfig config = quick(folder);
        const auto outcome = fineTune(config, {}, {});
        QVERIFY(outcome.has_value());
        const RunFolder run(config.out);
        EvaluationRequest request{.model = run.model(),
                                  .data = folder.root(),
                                  .split = run.split(),
                                  .out = folder.scratch() / "evaluated"};
        const auto again = evaluate(request, {}, {});
        QVERIFY2(again.has_value(), again ? "" : again.error().message.c_str());
        QCOMPARE(again->report.confusion.counts, outcome->test->confusion.counts);
        QVERIFY(std::abs(again->report.negativeLogLikelihood - outcome->test->negativeLogLikelihood) < 1e-4);
        QVERIFY(std::filesystem::exists(request.out / "evaluation.json"));

        request.split.clear();
        QCOMPARE(evaluate(request, {}, {})->report.confusion.total(), 24L);
    }

    void evaluationNeedsLabelsThatTheModelKnows() {
        const FilmFolder folder, other;
        folder.addClasses(6);
        TrainingConfig config = quick(folder);
        config.epochs = 1;
        QVERIFY(fineTune(config, {}, {}).has_value());
        EvaluationRequest request;
        request.model = RunFolder(config.out).model();
        request.data = other.root();
        other.addFilm("Low/1.png", 1, 1); // one known class is enough
        const auto one = evaluate(request, {}, {});
        QVERIFY(one.has_value());
        QCOMPARE(one->report.confusion.total(), 1L);
        QCOMPARE(one->report.classes[1].support, 1L);
        other.addFilm("Middle/1.png", 1, 1);
        const auto unknown = evaluate(request, {}, {});
        QVERIFY(unknown.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(unknown.error().context, std::string("Middle"));
    }
};

QTEST_APPLESS_MAIN(TestFineTuner)
#include "TestFineTuner.moc"
