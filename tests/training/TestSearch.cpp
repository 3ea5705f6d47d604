// Random search: what is drawn, which trials are stopped, and that the test films are seen once.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>
#include <stop_token>

#include <QtTest/QtTest>

#include "tests/support/QuickTraining.h"
#include "training/FineTuner.h"
#include "training/SearchSpace.h"
#include "training/Text.h"

using namespace hilum;
using test::FilmFolder;

namespace {

TrainingConfig quick(const FilmFolder& folder) {
    TrainingConfig config = test::quickTraining(folder);
    config.out = folder.scratch() / "search";
    config.epochs = 4;
    config.optimiser.learningRate = 3e-3;
    config.split.train = 0.5;
    config.split.validation = 0.3;
    config.split.test = 0.2;
    config.threads = 2;
    return config;
}

const std::vector<SearchRange> kRanges{{"optimiser.learningRate", 1e-6, 1e-2}, {"labelSmoothing", 0, 0.2}};

std::vector<EpochRecord> history(const std::vector<double>& losses) {
    std::vector<EpochRecord> records;
    for (const double loss : losses) {
        EpochRecord record;
        record.epoch = static_cast<int>(records.size()) + 1;
        record.validationLoss = loss;
        records.push_back(record);
    }
    return records;
}

} // namespace

class TestSearch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rangesAreReadFromText() {
        QCOMPARE(*parseSearchRange("optimiser.learningRate=1e-4:1e-2"),
                 (SearchRange{"optimiser.learningRate", 1e-4, 1e-2}));
        QCOMPARE(parseSearchRange("batchSize=8:32")->high, 32.0);
        for (const char* text : {"learningRate", "optimiser.learningRate=1", "nothing=1:2", "network=1:2",
                                 "batchSize=32:8", "batchSize=0:8", "epochs=1:x", "inputSizePx=64:224",
                                 "split.train=0.1:0.9", "optimiser.learningRate=1e-4:inf"}) {
            const auto range = parseSearchRange(text);
            QVERIFY2(!range, text);
            QCOMPARE(range.error().context, std::string(text));
        }
    }

    void drawsFollowFromSeedAndNumber() {
        TrainingConfig config;
        int low = 0;
        std::set<double> rates;
        for (int number = 1; number <= 400; ++number) {
            const TrainingConfig trial = configOfTrial(config, kRanges, number);
            const double rate = trial.optimiser.learningRate;
            QVERIFY(rate >= 1e-6 && rate <= 1e-2);
            QVERIFY(trial.labelSmoothing >= 0 && trial.labelSmoothing <= 0.2);
            QCOMPARE(rate, configOfTrial(config, kRanges, number).optimiser.learningRate);
            rates.insert(rate);
            low += rate < 1e-4 ? 1 : 0; // half of the logarithmic scale
        }
        QVERIFY(rates.size() > 350); // they have three digits
        QVERIFY2(low > 150 && low < 250, qPrintable(QString::number(low)));
        config.seed = 2;
        QVERIFY(!rates.contains(configOfTrial(config, kRanges, 1).optimiser.learningRate));
    }

    void trialsComeBackFromTheirTable() {
        const std::vector<Trial> trials{{1, {"0.001", "0.1"}, 4, 3, 0.25, 0.875, false},
                                        {2, {"0.01", "0"}, 3, 1, 1.5, 0.5, true}};
        const std::string text = trialsToCsv(kRanges, trials);
        QCOMPARE(*parseTrialsCsv(text, kRanges), trials);
        QCOMPARE(parseTrialsCsv(text, {kRanges[0]}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(parseTrialsCsv(text + "x,1,2\n", kRanges).error().code, ErrorCode::Damaged);
        QCOMPARE(bestTrial(trials)->number, 1);
        const std::vector<Trial> diverged{
            {1, {"9", "0"}, 0, 0, std::numeric_limits<double>::infinity(), 0, true}};
        QCOMPARE(*parseTrialsCsv(trialsToCsv(kRanges, diverged), kRanges), diverged);
        QVERIFY(bestTrial(diverged) == nullptr);
        QVERIFY(bestTrial({}) == nullptr);
    }

    void whatIsWorseThanTheMedianFallsBehind() {
        const std::vector<std::vector<EpochRecord>> others{
            history({1, 0.9, 0.8, 0.7}), history({1, 0.7, 0.6, 0.5}), history({1, 0.5, 0.4, 0.3})};
        QVERIFY(fallsBehind(history({1, 0.9, 0.61}), others));
        QVERIFY(!fallsBehind(history({1, 0.9, 0.6}), others));
        QVERIFY(!fallsBehind(history({0.5, 0.9, 0.9}), others)); // its best epoch counts
        QVERIFY(!fallsBehind(history({1, 2}), others));          // too early
        QVERIFY(!fallsBehind(history({1, 2, 3}), {others[0], others[1]}));
        QVERIFY(!fallsBehind(history({1, 2, 3, 4}), {others[0], others[1], history({1, 0.1})}));
    }

    void aSearchEndsWithOneTest() {
        const FilmFolder folder;
        folder.addClasses(20);
        const TrainingConfig config = quick(folder);
        const SearchRequest request{6, kRanges};
        const auto outcome = searchSettings(config, request, {}, {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        QCOMPARE(outcome->trials.size(), std::size_t{6});
        QCOMPARE(outcome->best, bestTrial(outcome->trials)->number);
        QCOMPARE(outcome->test->accuracy.count, 8L);
        QVERIFY(std::filesystem::exists(outcome->modelFile));
        QCOMPARE(*parseTrialsCsv(*readTextFile(config.out / "trials.csv"), kRanges), outcome->trials);
        for (int i = 1; i <= 6; ++i) { // no trial has seen the test films
            const RunFolder trial(config.out / "trials" / ("trial-0" + std::to_string(i)));
            QVERIFY(std::filesystem::exists(trial.model()));
            QVERIFY(!std::filesystem::exists(trial.predictions()) &&
                    !std::filesystem::exists(trial.evaluationJson()));
        }
        // The tested run is the best trial, trained again.
        const RunFolder best(config.out / "trials" / ("trial-0" + std::to_string(outcome->best)));
        const auto again = parseHistoryCsv(*readTextFile(RunFolder(config.out / "best").history()));
        const auto once = parseHistoryCsv(*readTextFile(best.history()));
        QCOMPARE(again->size(), once->size());
        for (std::size_t i = 0; i < once->size(); ++i)
            QCOMPARE(*(*again)[i].validationLoss, *(*once)[i].validationLoss);

        QCOMPARE(searchSettings(config, request, {}, {}).error().code,
                 ErrorCode::InvalidArgument); // it is there
        const SearchRequest others{6, {kRanges[0]}};
        QCOMPARE(searchSettings(config, others, {}, {}, ExistingRun::Resume).error().code,
                 ErrorCode::InvalidArgument);
    }

    // What an interrupted trial had learnt with other settings is no beginning for this one.
    void interruptedTrialOfOtherRangesIsBegunAnew() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        const SearchRequest other{1, {kRanges[0]}}, wanted{1, kRanges, false};
        const auto whole = searchSettings(config, wanted, {}, {});
        QVERIFY(whole.has_value());
        config.out = folder.scratch() / "again";
        std::stop_source stop;
        static_cast<void>(searchSettings(
            config, other,
            [&](const TrainingProgress& progress) { progress.finishedEpoch&& stop.request_stop(); },
            stop.get_token()));
        QVERIFY(std::filesystem::exists(config.out / "trials" / "trial-01" / "checkpoints" /
                                        "state.safetensors"));
        const auto resumed = searchSettings(config, wanted, {}, {}, ExistingRun::Resume);
        QVERIFY2(resumed.has_value(), resumed ? "" : resumed.error().message.c_str());
        QCOMPARE(resumed->trials, whole->trials);
        QVERIFY(!resumed->test && !std::filesystem::exists(config.out / "best"));
    }

    void aStoppedSearchGoesOn() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        const SearchRequest request{3, kRanges};
        const auto whole = searchSettings(config, request, {}, {});
        QVERIFY(whole.has_value());
        config.out = folder.scratch() / "again";
        std::stop_source stop;
        int epochs = 0;
        const auto stopped = searchSettings(
            config, request,
            [&](const TrainingProgress& progress) {
                if (progress.finishedEpoch && ++epochs == 6) // within the second trial
                    stop.request_stop();
            },
            stop.get_token());
        QVERIFY(stopped.has_value());
        QVERIFY(stopped->stopped && !stopped->test);
        QCOMPARE(stopped->trials.size(), std::size_t{1});
        TrainingConfig other = config;
        other.seed = 7;
        QCOMPARE(searchSettings(other, request, {}, {}, ExistingRun::Resume).error().context,
                 std::string("seed"));
        SearchRequest wider = request;
        wider.ranges[0].high = 1;
        QCOMPARE(searchSettings(config, wider, {}, {}, ExistingRun::Resume).error().code,
                 ErrorCode::InvalidArgument);
        const auto resumed = searchSettings(config, request, {}, {}, ExistingRun::Resume);
        QVERIFY2(resumed.has_value(), resumed ? "" : resumed.error().message.c_str());
        QCOMPARE(resumed->trials, whole->trials);
        QCOMPARE(resumed->test->accuracy.value, whole->test->accuracy.value);
        // What has been tested is over.
        QCOMPARE(searchSettings(config, {9, kRanges}, {}, {}, ExistingRun::Resume).error().code,
                 ErrorCode::InvalidArgument);
        QVERIFY(searchSettings(config, {1, kRanges}, {}, {}, ExistingRun::Overwrite).has_value());
    }

    void divergedTrialsAreNoneOfTheBest() {
        const FilmFolder folder;
        folder.addClasses(12);
        TrainingConfig config = quick(folder);
        config.optimiser.kind = OptimiserKind::Sgd;
        config.epochs = 3;
        const SearchRequest wild{6, {{"optimiser.learningRate", 1e-3, 1e12}}};
        const auto outcome = searchSettings(config, wild, {}, {});
        QVERIFY2(outcome.has_value(), outcome ? "" : outcome.error().message.c_str());
        const auto diverged = std::ranges::count_if(outcome->trials, [](const Trial& trial) {
            return std::isinf(trial.validationLoss) && trial.stoppedEarly;
        });
        QVERIFY(diverged > 0 && diverged < 6);
        QVERIFY(std::isfinite(outcome->trials[static_cast<std::size_t>(outcome->best) - 1].validationLoss));
    }

    void trialsThatFallBehindAreStopped() {
        const FilmFolder folder;
        folder.addClasses(20);
        TrainingConfig config = quick(folder);
        config.epochs = 8;
        const auto outcome = searchSettings(config, {8, kRanges}, {}, {});
        QVERIFY(outcome.has_value());
        const auto stopped = std::ranges::count(outcome->trials, true, &Trial::stoppedEarly);
        QVERIFY2(stopped > 0 && stopped < 8, qPrintable(QString::number(stopped)));
        for (const Trial& trial : outcome->trials)
            QVERIFY(trial.stoppedEarly ? trial.epochs < 8 : trial.epochs == 8);
    }

    void aSearchNeedsValidationFilms() {
        const FilmFolder folder;
        folder.addClasses(6);
        TrainingConfig config = quick(folder);
        config.split.train = 0.8;
        config.split.validation = 0;
        QCOMPARE(searchSettings(config, {2, kRanges}, {}, {}).error().context,
                 std::string("split.validation"));
        config = quick(folder);
        config.split.folds = 2;
        QCOMPARE(searchSettings(config, {2, kRanges}, {}, {}).error().context, std::string("split.folds"));
    }
};

QTEST_APPLESS_MAIN(TestSearch)
#include "TestSearch.moc"
