#include "ui/wizard/CheckUpText.h"

#include <algorithm>

#include <QCoreApplication>

#include "ui/QtConvert.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

constexpr std::size_t kExamples = 3;
constexpr double kNotableImbalance = 3;

QString tr(const char* text) { return QCoreApplication::translate("hilum::CheckUpText", text); }

QString joinedExamples(const std::vector<QString>& names, std::size_t all) {
    QStringList some(names.begin(),
                     names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kExamples)));
    return all > kExamples ? tr("%1 and %2 more").arg(some.join(QStringLiteral(", "))).arg(all - kExamples)
                           : some.join(QStringLiteral(", "));
}

QString labelText(const DatasetIndex& index, std::size_t film) {
    return toQString(std::string_view(index.labels[static_cast<std::size_t>(index.films[film].label)]));
}

std::shared_ptr<const std::vector<CheckUpFilm>> listOf(std::vector<CheckUpFilm> films) {
    return std::make_shared<const std::vector<CheckUpFilm>>(std::move(films));
}

CheckUpLine unreadableLine(const CheckUp& checkUp) {
    std::vector<QString> names;
    std::vector<CheckUpFilm> films;
    for (const SkippedFile& file : checkUp.skipped) {
        if (file.kind != SkipKind::Unreadable)
            continue;
        films.push_back({file.file, toQString(std::string_view(file.reason))});
        names.push_back(QStringLiteral("%1 (%2)").arg(fileName(file.file), films.back().note));
    }
    if (names.empty())
        return {true, tr("Every film can be read"), {}, {}};
    return {false, tr("%1 files cannot be read").arg(names.size()), joinedExamples(names, names.size()),
            listOf(std::move(films))};
}

CheckUpLine duplicateLine(const CheckUp& checkUp, const DatasetIndex& index) {
    std::vector<QString> names;
    std::vector<CheckUpFilm> all;
    std::size_t across = 0;
    for (const DuplicateGroup& group : checkUp.duplicates) {
        across += group.spansClasses ? 1 : 0;
        const QString kind = group.kind == DuplicateKind::Exact ? tr("group %1 · same file · %2")
                                                                : tr("group %1 · same picture · %2");
        QStringList films;
        for (const std::size_t film : group.films) {
            films << fileName(index.films[film].file);
            all.push_back({index.films[film].file, kind.arg(names.size() + 1).arg(labelText(index, film))});
        }
        names.push_back(films.mid(0, 3).join(QStringLiteral(" = ")));
    }
    if (names.empty())
        return {
            true, tr("No film is there twice"), tr("Neither as the same file nor as the same picture."), {}};
    QString title = tr("%1 groups of duplicates").arg(names.size());
    if (across > 0)
        title += tr(", %1 of them across classes").arg(across);
    return {false, title, tr("They are kept in one set. %1").arg(joinedExamples(names, names.size())),
            listOf(std::move(all))};
}

CheckUpLine patientLine(const CheckUp& checkUp, const DatasetIndex& index) {
    if (!index.patientsKnown)
        return {false,
                tr("Patients are not told apart"),
                tr("Films of one patient may stand in training and test: the figures would flatter. Say "
                   "above where the "
                   "patient is written."),
                {}};
    std::vector<QString> names;
    std::vector<CheckUpFilm> films;
    for (const PatientInClasses& patient : checkUp.patientsInClasses) {
        names.push_back(toQString(std::string_view(patient.patient)));
        for (const std::size_t film : patient.films)
            films.push_back(
                {index.films[film].file, tr("patient %1 · %2").arg(names.back(), labelText(index, film))});
    }
    if (names.empty())
        return {true, tr("No patient has films of two classes"), {}, {}};
    return {false, tr("%1 patients have films of two classes").arg(names.size()),
            tr("Are the labels right? Split by patient, they stand in one set. %1")
                .arg(joinedExamples(names, names.size())),
            listOf(std::move(films))};
}

CheckUpLine imbalanceLine(const CheckUp& checkUp) {
    if (checkUp.imbalance > 0 && checkUp.imbalance < kNotableImbalance)
        return {true, tr("The classes are of similar size"), {}, {}};
    return {false,
            tr("The largest class is %1 times the smallest").arg(checkUp.imbalance, 0, 'f', 1),
            tr("The weighted sampler shows the network every class equally often. Accuracy alone will "
               "flatter: look at the "
               "recall of the small class."),
            {}};
}

CheckUpLine confounderLine(const CheckUp& checkUp) {
    const Confounders& found = checkUp.confounders;
    CheckUpLine line{!found.found(),
                     found.found() ? tr("The picture gives the class away without the chest")
                                   : tr("Picture properties do not give the class away"),
                     toQString(std::string_view(found.verdict)),
                     {}};
    std::vector<const ConfounderTest*> tests;
    for (const ConfounderTest& test : found.tests) {
        if (test.tellsClasses && test.property != kAllProperties)
            tests.push_back(&test);
    }
    std::ranges::sort(tests, std::greater{},
                      [](const ConfounderTest* test) { return test->balancedAccuracy.value; });
    QStringList parts;
    for (std::size_t i = 0; i < std::min(tests.size(), kExamples); ++i)
        parts << QStringLiteral("%1 %2").arg(toQString(std::string_view(tests[i]->property)),
                                             percent(tests[i]->balancedAccuracy.value, 0));
    if (!parts.isEmpty())
        line.text +=
            QLatin1Char(' ') + tr("The strongest by itself: %1 (balanced accuracy; guessing %2).")
                                   .arg(parts.join(QStringLiteral(", ")), percent(found.balancedGuessing, 0));
    return line;
}

} // namespace

std::vector<CheckUpLine> checkUpLines(const CheckUp& checkUp, const DatasetIndex& index) {
    std::vector<CheckUpLine> lines{confounderLine(checkUp), patientLine(checkUp, index),
                                   duplicateLine(checkUp, index), unreadableLine(checkUp),
                                   imbalanceLine(checkUp)};
    std::ranges::stable_sort(lines, {}, &CheckUpLine::isGood);
    return lines;
}

} // namespace hilum
