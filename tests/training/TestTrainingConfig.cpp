#include <map>
#include <set>

#include <QRegularExpression>
#include <QtTest/QtTest>

#include "core/graph/Networks.h"
#include "training/Recipes.h"
#include "training/Text.h"
#include "training/TrainingConfig.h"

using namespace hilum;

namespace {

TrainingConfig minimal() {
    TrainingConfig config;
    config.data = "films";
    config.out = "run";
    return config;
}

} // namespace

class TestTrainingConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everySettingSurvivesJson() {
        TrainingConfig config = minimal();
        config.network = "densenet201";
        config.seed = 18'446'744'073'709'551'615U;
        config.optimiser = {OptimiserKind::Sgd, 0.1, 0.8, 0.05, 1.5};
        config.schedule.kind = ScheduleKind::ReduceOnPlateau;
        config.schedule.cycleMomentum = false;
        config.augmentation.rotationDeg = 36;
        config.augmentation.border = BorderMode::Reflect;
        config.trainable = Trainable::HeadOnly;
        config.sampling = Sampling::Shuffle;
        config.split.grouping = Grouping::ByFilm;
        config.split.patientPattern = "nih";
        config.mean = {0.1};
        config.fit = FitMode::Letterbox;
        config.limits = {"One.", "Two, \"three\"."};
        const std::string json = toJson(config);
        const auto read = trainingConfigFromJson(json);
        QVERIFY(read.has_value());
        QCOMPARE(toJson(*read), json);
        QCOMPARE(read->seed, config.seed);
        QCOMPARE(read->optimiser.momentum, 0.8);
        QVERIFY(read->augmentation.border == BorderMode::Reflect);
        QVERIFY(read->fit == FitMode::Letterbox);
        QCOMPARE(read->limits, config.limits);
    }

    void badJsonNamesTheKey_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("key");
        QTest::newRow("unknown") << R"({"epoch": 3})"
                                 << "epoch";
        QTest::newRow("unknown, nested") << R"({"optimiser": {"lr": 3}})"
                                         << "optimiser.lr";
        QTest::newRow("text for a number") << R"({"epochs": "3"})"
                                           << "epochs";
        QTest::newRow("fraction of an epoch") << R"({"epochs": 3.5})"
                                              << "epochs";
        QTest::newRow("no epoch") << R"({"epochs": 0})"
                                  << "epochs";
        QTest::newRow("negative rate") << R"({"optimiser": {"learningRate": -1}})"
                                       << "optimiser.learningRate";
        QTest::newRow("unknown optimiser") << R"({"optimiser": {"kind": "lion"}})"
                                           << "optimiser.kind";
        QTest::newRow("number for a group") << R"({"optimiser": 3})"
                                            << "optimiser";
        QTest::newRow("negative seed") << R"({"seed": -1})"
                                       << "seed";
        QTest::newRow("number for a switch") << R"({"augmentation": {"horizontalFlip": 1}})"
                                             << "augmentation.horizontalFlip";
        QTest::newRow("text in a list") << R"({"mean": ["a"]})"
                                        << "mean";
        QTest::newRow("huge integer") << R"({"epochs": 99999999999999})"
                                      << "epochs";
    }
    void badJsonNamesTheKey() {
        QFETCH(QString, json);
        QFETCH(QString, key);
        const auto read = trainingConfigFromJson(json.toStdString());
        QVERIFY(!read);
        QVERIFY(read.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(read.error().context), key);
    }

    void whatDescribesAnotherTrainingIsNamed() {
        TrainingConfig begun = minimal();
        TrainingConfig now = begun;
        now.out = "elsewhere";
        now.memoryLimitMb = 1;
        now.limits = {"One."};
        now.batchSize = 8; // with as many films in a step
        now.accumulationSteps = 4;
        QCOMPARE(QString::fromStdString(differingSetting(begun, now)), QString());
        now.accumulationSteps = 3;
        QCOMPARE(differingSetting(begun, now), std::string("batchSize"));
        now = begun;
        now.augmentation.mixup = 0.2;
        QCOMPARE(differingSetting(begun, now), std::string("augmentation.mixup"));
        now = begun;
        now.split.folds = 4;
        QCOMPARE(differingSetting(begun, now), std::string("split.folds"));
        // The sources are counted when it begins.
        begun.split.leaveOneSourceOut = now.split.leaveOneSourceOut = true;
        QCOMPARE(QString::fromStdString(differingSetting(begun, now)), QString());
    }

    void whatIsNoObjectIsDamaged() {
        for (const char* text : {"", "[1]", "{", "3"})
            QVERIFY(trainingConfigFromJson(text).error().code == ErrorCode::Damaged);
    }

    void contradictionsNameTheKey_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("key");
        QTest::newRow("weights and oversampling") << R"({"classWeights": "balanced"})"
                                                  << "classWeights";
        QTest::newRow("pinned without validation")
            << R"({"pinnedFilms": 3, "split": {"train": 0.8, "validation": 0}})"
            << "pinnedFilms";
        QTest::newRow("fractions") << R"({"split": {"train": 0.9}})"
                                   << "split.train";
        QTest::newRow("one fold") << R"({"split": {"folds": 1}})"
                                  << "split.folds";
        QTest::newRow("final without folds") << R"({"split": {"finalModel": true}})"
                                             << "split.finalModel";
        QTest::newRow("saved split and folds") << R"({"split": {"file": "split.csv", "folds": 5}})"
                                               << "split.file";
        QTest::newRow("network") << R"({"network": "lenet"})"
                                 << "network";
        QTest::newRow("planes") << R"({"inputPlanes": 2})"
                                << "inputPlanes";
        QTest::newRow("means") << R"({"inputPlanes": 3, "mean": [0.5]})"
                               << "mean";
        QTest::newRow("deviations") << R"({"inputPlanes": 3, "standardDeviation": [0.5]})"
                                    << "standardDeviation";
        QTest::newRow("tiny input") << R"({"inputSizePx": 8})"
                                    << "inputSizePx";
        QTest::newRow("nothing to stop by")
            << R"({"earlyStoppingPatience": 3, "split": {"train": 0.8, "validation": 0, "test": 0.2}})"
            << "earlyStoppingPatience";
    }
    void contradictionsNameTheKey() {
        QFETCH(QString, json);
        QFETCH(QString, key);
        auto config = trainingConfigFromJson(json.toStdString());
        QVERIFY(config.has_value());
        config->data = "films";
        config->out = "run";
        const auto full = resolved(*config);
        QVERIFY(!full);
        QVERIFY(full.error().code == ErrorCode::InvalidArgument);
        QCOMPARE(QString::fromStdString(full.error().context), key);
    }

    void networkFillsInItsOwnInput() {
        TrainingConfig config = minimal();
        config.network = "resnet101";
        const auto full = resolved(config);
        QVERIFY(full.has_value());
        QCOMPARE(full->inputSizePx, 224);
        QCOMPARE(full->mean, (std::vector{0.485, 0.456, 0.406}));
        const Preprocessing preprocessing = preprocessingOf(*full);
        QCOMPARE(preprocessing.standardDeviation, (std::vector{0.229F, 0.224F, 0.225F}));

        config.mean = {0.55};
        config.standardDeviation = {0.23};
        QCOMPARE(resolved(config)->inputPlanes, 1);
    }

    void tooSmallAnInputIsToldTheSmallest() {
        TrainingConfig config = minimal();
        config.network = "inception_v3"; // whose auxiliary head takes most
        config.inputSizePx = 96;
        const auto refused = resolved(config);
        QVERIFY(!refused);
        const QRegularExpressionMatch number = QRegularExpression("at least (\\d+) pixels")
                                                   .match(QString::fromStdString(refused.error().message));
        QVERIFY2(number.hasMatch(), refused.error().message.c_str());
        const int least = number.captured(1).toInt();
        for (const int size : {least, least - 1}) {
            config.inputSizePx = size;
            QCOMPARE(resolved(config).has_value(), size == least);
        }
    }

    void textSetsEveryKindOfField() {
        TrainingConfig config;
        const std::map<std::string, std::string> texts{
            {"--epochs", "7"},         {"--seed", "12"},       {"--ema", "0.99"},   {"--schedule", "plateau"},
            {"--mean", "0.1,0.2,0.3"}, {"--name", "My model"}, {"--flip", "false"}, {"--data", "a b"}};
        for (const ConfigField& field : configFields(config)) {
            if (texts.contains(field.option)) {
                QVERIFY(setFieldText(field, texts.at(field.option)).has_value());
                QCOMPARE(fieldText(field), texts.at(field.option));
            }
        }
        QCOMPARE(config.epochs, 7);
        QCOMPARE(config.mean, (std::vector{0.1, 0.2, 0.3}));
        QVERIFY(config.schedule.kind == ScheduleKind::ReduceOnPlateau);
    }

    void badTextNamesTheOption() {
        TrainingConfig config;
        for (const ConfigField& field : configFields(config)) {
            if (!std::holds_alternative<int*>(field.value) && !std::holds_alternative<double*>(field.value))
                continue;
            for (const char* text : {"", "x", "1x", "1e999", "nan"}) {
                const auto set = setFieldText(field, text);
                QVERIFY2(!set, text);
                QCOMPARE(set.error().context, field.option);
            }
        }
    }

    void keysAndOptionsAreUnique() {
        TrainingConfig config;
        std::set<std::string> keys, options;
        for (const ConfigField& field : configFields(config)) {
            QVERIFY(keys.insert(field.key).second);
            QVERIFY(options.insert(field.option).second);
        }
    }

    void commandRepeatsWhatIsNoDefault() {
        TrainingConfig config = minimal();
        config.data = "my films";
        config.augmentation.horizontalFlip = false;
        config.limits = {"Don't."};
        config.epochs = 5;
        QCOMPARE(QString::fromStdString(trainingCommand(config)),
                 QString("hilum-cli train --data 'my films' --network hilumnet --out run --seed 1 --epochs 5 "
                         "--no-flip --limit 'Don'\\''t.'"));
    }

    void csvSurvivesQuotesAndLineEnds() {
        const std::vector<std::string> cells{"a,b", "say \"x\"", "two\nlines", "", "é"};
        const auto rows = parseCsv(csvRow(cells) + "\r\n" + csvRow({"1", "2"}));
        QVERIFY(rows.has_value());
        QCOMPARE(rows->size(), std::size_t{2});
        QCOMPARE(rows->front(), cells);
        QVERIFY(!parseCsv("\"open"));
    }

    void recipesSuitEveryNetworkAndKeepTheData() {
        QVERIFY(findRecipe("nonsense") == nullptr);
        for (const Recipe& recipe : recipes()) {
            QCOMPARE(findRecipe(recipe.name), &recipe);
            for (const NetworkInfo& network : networkTable()) {
                TrainingConfig config;
                config.data = "films";
                config.out = "run";
                config.network = network.name;
                config.seed = 7;
                config.epochs = 999;
                config.split.folds = 5;
                const TrainingConfig made = withRecipe(config, recipe);
                const auto full = resolved(made);
                QVERIFY2(
                    full,
                    qPrintable(QStringLiteral("%1, %2: %3 [%4]")
                                   .arg(QLatin1String(recipe.name.data()), QLatin1String(network.name.data()),
                                        full ? QString() : QString::fromStdString(full.error().message),
                                        full ? QString() : QString::fromStdString(full.error().context))));
                QCOMPARE(made.data, config.data);
                QCOMPARE(made.seed, config.seed);
                QCOMPARE(made.split.folds, 5);
                QVERIFY(made.epochs != 999); // how is trained is the recipe's
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestTrainingConfig)
#include "TestTrainingConfig.moc"
