// A small model file, model card, settings, figures and tables, changed at random: each is read or refused,
// and nothing else happens. TestMutatedFilms and TestPickleReader do the same to films and PyTorch's files.

#include <fstream>
#include <functional>
#include <iterator>

#include "tests/support/Mutation.h"
#include "tests/support/SampleTexts.h"
#include "training/Split.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace hilum;
using namespace hilum::test;

namespace {

constexpr int kMutations = 2000; // of each file

// A reason, or an empty text for a file that was read; ends the test where neither makes sense.
template <class T>
std::string reasonOf(const Result<T>& answer) {
    if (answer)
        return {};
    if (answer.error().message.empty() || answer.error().code == ErrorCode::Internal)
        qFatal("an error without a reason");
    return answer.error().message;
}

ByteVector bytesOf(const std::string& text) { return {text.begin(), text.end()}; }
std::string textOf(const ByteVector& bytes) { return {bytes.begin(), bytes.end()}; }

} // namespace

class TestMutatedFiles : public QObject {
    Q_OBJECT

    using Reader = std::function<std::string(const ByteVector&)>;

    static void mutate(const ByteVector& original, const Reader& read) {
        QCOMPARE(read(original), std::string());
        std::mt19937 random(20260901);
        int refused = 0;
        for (int i = 0; i < kMutations; ++i)
            refused += read(mutated(original, random)).empty() ? 0 : 1;
        QVERIFY2(refused > kMutations / 20, qPrintable(QString::number(refused)));
    }

private Q_SLOTS:
    void modelFiles() {
        const QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("model").toStdString();
        QVERIFY(writeSampleModel(file));
        std::ifstream stream(file, std::ios::binary);
        const ByteVector original{std::istreambuf_iterator<char>(stream), {}};
        mutate(original, [&file](const ByteVector& bytes) {
            std::ofstream(file, std::ios::binary | std::ios::trunc)
                .write(reinterpret_cast<const char*>(bytes.data()),
                       static_cast<std::streamsize>(bytes.size()));
            const auto tensors = openTensorFile(file);
            for (std::size_t i = 0; tensors && i < tensors->tensors.size(); ++i)
                toFloats(tensors->tensors[i]);
            const std::string ofCard = reasonOf(loadModelCard(file));
            const std::string ofTensors = reasonOf(tensors);
            return ofTensors.empty() ? ofCard : ofTensors;
        });
    }

    void modelCards() {
        mutate(bytesOf(cardToJson(sampleCard())),
               [](const ByteVector& bytes) { return reasonOf(cardFromJson(textOf(bytes))); });
    }

    void settings() {
        mutate(bytesOf(sampleConfig()),
               [](const ByteVector& bytes) { return reasonOf(trainingConfigFromJson(textOf(bytes))); });
    }

    void evaluations() {
        mutate(bytesOf(sampleEvaluation()), [](const ByteVector& bytes) {
            const auto report = parseEvaluationJson(textOf(bytes));
            if (report)
                reportToText(*report); // whatever is read can be shown
            return reasonOf(report);
        });
    }

    void shortcutTests() {
        mutate(bytesOf(sampleShortcut()), [](const ByteVector& bytes) {
            const auto result = parseShortcutJson(textOf(bytes));
            if (result)
                shortcutToText(*result);
            return reasonOf(result);
        });
    }

    void predictions() {
        mutate(bytesOf(predictionsToCsv(sampleLabels(), samplePredictions())), [](const ByteVector& bytes) {
            const auto films = parsePredictionsCsv(textOf(bytes), sampleLabels());
            if (films)
                evaluationReport(sampleLabels(), *films);
            return reasonOf(films);
        });
    }

    void histories() {
        mutate(bytesOf(historyToCsv(sampleHistory())),
               [](const ByteVector& bytes) { return reasonOf(parseHistoryCsv(textOf(bytes))); });
    }

    void splits() {
        mutate(bytesOf(sampleSplit()),
               [](const ByteVector& bytes) { return reasonOf(parseSplitCsv(textOf(bytes))); });
    }
};

QTEST_APPLESS_MAIN(TestMutatedFiles)
#include "TestMutatedFiles.moc"
