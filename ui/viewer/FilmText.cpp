#include "ui/viewer/FilmText.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>
#include <QDate>
#include <QLocale>
#include <QTime>

#include "ui/QtConvert.h"

namespace hilum {
namespace {

const QString kGap = QStringLiteral("   ");
const QString kDot = QStringLiteral(" · ");

QString tr(const char* text) { return QCoreApplication::translate("hilum", text); }

QString shown(const std::string& text) { return toQString(std::string_view(text)).trimmed(); }

QString joined(QStringList parts, const QString& separator) {
    parts.removeAll(QString());
    return parts.join(separator);
}

// A number as people write it: no trailing zeros, no exponent.
QString number(double value) {
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    QString text = locale.toString(value, 'f', std::abs(value) < 10 ? 2 : 1);
    const QString point = locale.decimalPoint();
    if (text.contains(point)) {
        while (text.endsWith(QLatin1Char('0')))
            text.chop(1);
        if (text.endsWith(point))
            text.chop(point.size());
    }
    return text;
}

// DICOM PN: components joined with '^', of which the first group of '=' is Latin.
QString patientName(const FilmHeader& header) {
    QStringList parts = shown(header.patientName).section(QLatin1Char('='), 0, 0).split(QLatin1Char('^'));
    parts.removeAll(QString());
    return parts.join(QLatin1Char(' '));
}

// DICOM AS: three digits and D, W, M or Y.
QString age(const FilmHeader& header) {
    const QString text = shown(header.patientAge);
    bool isNumber = false;
    const int count = text.chopped(std::min<qsizetype>(1, text.size())).toInt(&isNumber);
    if (!isNumber)
        return text;
    return QStringLiteral("%1 %2").arg(QString::number(count), text.right(1).toLower());
}

// DICOM DA and TM; as stated when they do not follow the standard.
QString studyDate(const FilmHeader& header) {
    const QString text = shown(header.studyDate);
    const QDate date = QDate::fromString(text, QStringLiteral("yyyyMMdd"));
    return date.isValid() ? date.toString(Qt::ISODate) : text;
}

QString studyTime(const FilmHeader& header) {
    const QTime time = QTime::fromString(shown(header.studyTime).left(4), QStringLiteral("HHmm"));
    return time.isValid() ? time.toString(QStringLiteral("HH:mm")) : QString();
}

QString sizeText(const Radiograph& film) {
    return QStringLiteral("%1 × %2").arg(grouped(film.widthPx), grouped(film.heightPx));
}

QString bitsText(const Radiograph& film) { return tr("%1 bit").arg(film.bitsStored); }

} // namespace

QString grouped(long long number) {
    QString text = QString::number(number < 0 ? -number : number);
    for (qsizetype i = text.size() - 3; i > 0; i -= 3)
        text.insert(i, QChar(0x202F)); // narrow no-break space
    return number < 0 ? QStringLiteral("−") + text : text;
}

QString percent(double share, int decimals) {
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    return locale.toString(share * 100, 'f', decimals) + QStringLiteral("\u00A0%");
}

QString probabilityText(double probability, int decimals) {
    const double step = std::pow(10.0, -decimals) / 100; // of the last digit shown
    if (probability < step / 2)
        return QLatin1Char('<') + percent(step, decimals);
    if (probability >= 1 - step / 2)
        return QLatin1Char('>') + percent(1 - step, decimals);
    return percent(probability, decimals);
}

QString patientLine(const FilmHeader& header) {
    const QString person = joined({shown(header.patientSex), age(header)}, QStringLiteral(" "));
    return joined({patientName(header), shown(header.patientId), person}, kGap);
}

QString studyLine(const FilmHeader& header) {
    const QString when = joined({studyDate(header), studyTime(header)}, QStringLiteral(" "));
    const QString what = joined({shown(header.modality), shown(header.bodyPart), shown(header.viewPosition)},
                                QStringLiteral(" "));
    return joined({when, what}, kGap);
}

QString windowLine(const Window& window) {
    return QStringLiteral("W %1  C %2").arg(number(window.width), number(window.center));
}

QString windowOrigin(const Window& window) { return shown(window.explanation); }

QString zoomLine(double scale) { return tr("Zoom %1").arg(percent(scale, scale < 0.1 ? 1 : 0)); }

QString positionLine(const Radiograph& film, double x, double y) {
    const int column = static_cast<int>(std::floor(x));
    const int row = static_cast<int>(std::floor(y));
    if (column < 0 || row < 0 || column >= film.widthPx || row >= film.heightPx)
        return {};
    QStringList parts{tr("%1, %2 px").arg(grouped(column), grouped(row))};
    if (film.spacing)
        parts << tr("%1, %2 mm")
                     .arg(QLocale().toString(column * film.spacing->columnMm, 'f', 1),
                          QLocale().toString(row * film.spacing->rowMm, 'f', 1));
    QString value = number(film.modalityValue(film.pixel(column, row)));
    const QString unit = shown(film.rescaleType);
    if (!unit.isEmpty() && unit != QLatin1String("US")) // US: unspecified
        value += QLatin1Char(' ') + unit;
    return joined(parts << value, kDot);
}

QString spacingLine(const Radiograph& film) {
    if (!film.spacing)
        return tr("no spacing stated: distances in pixels only");
    const auto millimetres = [](double value) { return QLocale().toString(value, 'f', 3); };
    QString text = millimetres(film.spacing->rowMm);
    if (std::abs(film.spacing->rowMm - film.spacing->columnMm) > 1e-6)
        text += QStringLiteral(" × ") + millimetres(film.spacing->columnMm);
    return tr("%1 mm/px").arg(text) + QStringLiteral("  (%1)").arg(shown(film.spacing->source));
}

QString factsLine(const Radiograph& film) {
    return joined({fileName(film.source.file), sizeText(film), bitsText(film), shown(film.source.encoding)},
                  kDot);
}

QString listTitle(const Radiograph& film) {
    const QString patient = patientName(film.header);
    return patient.isEmpty() ? fileName(film.source.file) : patient;
}

QString listDetail(const Radiograph& film) {
    const QString detail = joined({shown(film.header.viewPosition), studyDate(film.header)}, kDot);
    if (!detail.isEmpty())
        return detail;
    return joined({shown(film.source.format), sizeText(film)}, kDot);
}

QString findingLabel(const Prediction& prediction) {
    return prediction.labels.empty() ? QString() : shown(prediction.labels[prediction.best]);
}

QString findingFigure(const Prediction& prediction) {
    return prediction.labels.empty() ? QString()
                                     : probabilityText(prediction.probabilities[prediction.best], 0);
}

std::vector<std::pair<QString, QString>> filmDetails(const Radiograph& film) {
    const FilmHeader& header = film.header;
    std::vector<std::pair<QString, QString>> rows{
        {tr("Patient"), patientLine(header)},
        {tr("Study"), joined({studyDate(header), studyTime(header), shown(header.studyDescription)}, kDot)},
        {tr("Series"), shown(header.seriesDescription)},
        {tr("View"),
         joined({shown(header.modality), shown(header.bodyPart), shown(header.viewPosition)}, kDot)},
        {tr("Size"), joined({sizeText(film), bitsText(film)}, kDot)},
        {tr("Spacing"), spacingLine(film)},
        {tr("Stored as"),
         joined({shown(film.source.format), shown(film.source.encoding), shown(film.source.photometric)},
                kDot)},
        {tr("File"), toQString(film.source.file)}};
    if (film.rescaleSlope != 1 || film.rescaleIntercept != 0)
        rows.insert(rows.end() - 1,
                    {tr("Rescale"), QStringLiteral("× %1 + %2 %3")
                                        .arg(number(film.rescaleSlope), number(film.rescaleIntercept),
                                             shown(film.rescaleType))
                                        .trimmed()});
    std::erase_if(rows, [](const auto& row) { return row.second.isEmpty(); });
    return rows;
}

QString accuracyLine(const ModelCard& card) {
    const Proportion& accuracy = card.testAccuracy;
    if (accuracy.count <= 0)
        return tr("accuracy not measured");
    const auto figure = [](double share) { return QLocale().toString(share * 100, 'f', 1); };
    const QString text =
        tr("accuracy %1 (%2–%3)").arg(percent(accuracy.value), figure(accuracy.low), figure(accuracy.high));
    return joined({text, shown(card.testedOn)}, QStringLiteral(", "));
}

} // namespace hilum
