// The search over settings with its real process: trials appear as they finish, are kept, and the best is
// taken over.

#include "tests/support/QuickTraining.h"
#include "training/RunFolder.h"
#include "ui/Style.h"
#include "ui/wizard/FigureTable.h"
#include "ui/wizard/SearchDialog.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest>

using namespace hilum;
using test::FilmFolder;

namespace {

constexpr int kTimeoutMs = 120'000;

TrainingConfig quick(const FilmFolder& folder) {
    TrainingConfig config = test::quickTraining(folder);
    config.batchSize = 4;
    config.split.validation = 0.3;
    config.split.train = 0.5;
    config.split.folds = 5; // a search makes do with one split
    return config;
}

} // namespace

class TestSearchDialog : public QObject {
    Q_OBJECT
private:
    const FilmFolder m_folder;

    [[nodiscard]] std::filesystem::path trials() const { return m_folder.scratch() / "search"; }
    [[nodiscard]] std::unique_ptr<SearchDialog> open() const {
        auto dialog = std::make_unique<SearchDialog>(qEnvironmentVariable("HILUM_TRAINER").toStdString(),
                                                     quick(m_folder), trials());
        dialog->show();
        return dialog;
    }
    static QPushButton* button(const SearchDialog& dialog, const char* name) {
        return dialog.findChild<QPushButton*>(QLatin1String(name));
    }
    static void chooseTrials(const SearchDialog& dialog, int count) {
        dialog.findChild<QSpinBox*>()->setValue(count);
    }
    static int rows(const SearchDialog& dialog) { return dialog.findChild<FigureTable*>()->rowCount(); }
    static bool isRunning(const SearchDialog& dialog) {
        return button(dialog, "begin")->text() == SearchDialog::tr("Stop");
    }
    static int rowOfBest(const SearchDialog& dialog) {
        const auto* table = dialog.findChild<FigureTable*>();
        for (int row = 0; row < table->rowCount(); ++row) {
            if (table->verticalHeaderItem(row)->text().contains(QLatin1String("best")))
                return row;
        }
        return -1;
    }

private Q_SLOTS:
    void initTestCase() {
        if (!qEnvironmentVariableIsSet("HILUM_TRAINER"))
            QSKIP("HILUM_TRAINER does not name hilum-trainer");
        applyStyle(*qApp);
        m_folder.addClasses(10);
    }

    void trialsAppearAndTheBestIsTaken() {
        const auto dialog = open();
        QVERIFY(!button(*dialog, "use")->isEnabled());
        chooseTrials(*dialog, 3);
        button(*dialog, "begin")->click();
        QVERIFY(isRunning(*dialog));
        QTRY_VERIFY_WITH_TIMEOUT(rows(*dialog) > 0, kTimeoutMs); // before the end
        QTRY_VERIFY_WITH_TIMEOUT(!isRunning(*dialog), kTimeoutMs);
        QCOMPARE(rows(*dialog), 3);
        QVERIFY(!std::filesystem::exists(trials() / "best")); // nothing was tested
        if (qEnvironmentVariableIsSet("HILUM_SCREENSHOTS"))
            dialog->grab().save(qEnvironmentVariable("HILUM_SCREENSHOTS") + QStringLiteral("/search.png"));

        std::map<std::string, std::string> chosen;
        connect(dialog.get(), &SearchDialog::settingsChosen, this,
                [&](const std::map<std::string, std::string>& values) { chosen = values; });
        const int best = rowOfBest(*dialog);
        QVERIFY(best >= 0);
        const double shown = dialog->findChild<FigureTable*>()->item(best, 0)->text().toDouble();
        button(*dialog, "use")->click();
        QCOMPARE(chosen.size(), usualRanges(quick(m_folder)).size());
        QVERIFY(std::abs(std::stod(chosen.at("optimiser.learningRate")) / shown - 1) < 0.01);
        const TrainingConfig trial = configOfTrial(quick(m_folder), usualRanges(quick(m_folder)), best + 1);
        QVERIFY(std::abs(std::stod(chosen.at("optimiser.learningRate")) / trial.optimiser.learningRate - 1) <
                1e-6);
    }

    void searchGoesOnWhereItWasLeft() {
        QByteArray before;
        {
            const auto dialog = open();
            QCOMPARE(rows(*dialog), 3); // those of the test before
            chooseTrials(*dialog, 100);
            button(*dialog, "begin")->click();
            QTRY_VERIFY_WITH_TIMEOUT(rows(*dialog) > 3, kTimeoutMs);
            button(*dialog, "begin")->click();
            QTRY_VERIFY_WITH_TIMEOUT(!isRunning(*dialog), kTimeoutMs);
        }
        const auto dialog = open();
        const int kept = rows(*dialog);
        QVERIFY(kept > 3 && kept < 100);
        chooseTrials(*dialog, kept + 1);
        button(*dialog, "begin")->click();
        QTRY_VERIFY_WITH_TIMEOUT(!isRunning(*dialog), kTimeoutMs);
        QCOMPARE(rows(*dialog), kept + 1);
    }

    void otherChoicesAreAnotherSearch() {
        const auto dialog = open();
        QVERIFY(rows(*dialog) > 0);
        dialog->findChild<QCheckBox*>(QStringLiteral("augmentation.mixup"))->setChecked(false);
        QCOMPARE(rows(*dialog), 0);
        chooseTrials(*dialog, 1);
        button(*dialog, "begin")->click();
        QTRY_VERIFY_WITH_TIMEOUT(!isRunning(*dialog), kTimeoutMs);
        QCOMPARE(rows(*dialog), 1);
        dialog->findChild<QCheckBox*>(QStringLiteral("augmentation.mixup"))->setChecked(true);
        QVERIFY(rows(*dialog) > 3); // the first search is still there
    }

    void whatCannotBeTrainedIsSaidInWords() {
        const FilmFolder empty;
        empty.addText("Only/readme.txt", "no film");
        SearchDialog dialog(qEnvironmentVariable("HILUM_TRAINER").toStdString(), quick(empty),
                            empty.scratch() / "search");
        button(dialog, "begin")->click();
        QTRY_VERIFY_WITH_TIMEOUT(!isRunning(dialog), kTimeoutMs);
        const auto labels = dialog.findChildren<QLabel*>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
            return label->text().contains(QLatin1String("at least 2 classes"));
        }));
        QVERIFY(!button(dialog, "use")->isEnabled());
    }
};

QTEST_MAIN(TestSearchDialog)
#include "TestSearchDialog.moc"
