#include "ui/wizard/ReportPdf.h"

#include <QBuffer>
#include <QMarginsF>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QTextDocument>
#include <QUrl>

#include "core/storage/AtomicFile.h"
#include "ui/QtConvert.h"

namespace hilum {
namespace {

constexpr double kPicturesPerPixel = 3; // sharp in print
constexpr int kResolutionDpi = 96;      // the report's own pixels
constexpr double kScale = 0.72;         // the report is laid out for a window wider than a page

QImage rendered(const QString& drawing, QSize& size) {
    QSvgRenderer renderer(drawing.toUtf8());
    size = renderer.defaultSize();
    QImage image(size * kPicturesPerPixel, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::white);
    QPainter painter(&image);
    renderer.render(&painter);
    return image;
}

// Puts a picture in the place of every <svg>.
QString withPictures(QString html, QTextDocument& document) {
    static const QRegularExpression drawings(QStringLiteral("<svg.*?</svg>"),
                                             QRegularExpression::DotMatchesEverythingOption);
    for (int number = 0;; ++number) {
        const QRegularExpressionMatch match = drawings.match(html);
        if (!match.hasMatch())
            return html;
        QSize size;
        const QImage image = rendered(match.captured(), size);
        const QString name = QStringLiteral("drawing-%1").arg(number);
        document.addResource(QTextDocument::ImageResource, QUrl(name), image);
        html.replace(match.capturedStart(), match.capturedLength(),
                     QStringLiteral("<img src='%1' width='%2' height='%3'>")
                         .arg(name)
                         .arg(size.width())
                         .arg(size.height()));
    }
}

void draw(QTextDocument& document, QPdfWriter& writer) {
    const QSizeF page = QSizeF(writer.pageLayout().paintRectPixels(kResolutionDpi).size()) / kScale;
    document.setPageSize(page);
    QPainter painter(&writer);
    painter.scale(kScale, kScale);
    for (int number = 0; number < document.pageCount(); ++number) {
        if (number > 0)
            writer.newPage();
        painter.save();
        painter.translate(0, -number * page.height());
        document.drawContents(&painter, QRectF(QPointF(0, number * page.height()), page));
        painter.restore();
    }
}

} // namespace

Result<void> writeReportPdf(const std::string& html, const std::filesystem::path& file) {
    QTextDocument document;
    QByteArray pdf;
    QBuffer buffer(&pdf);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setTitle(QStringLiteral("Hilum"));
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout::Millimeter);
        writer.setResolution(kResolutionDpi);
        document.setHtml(withPictures(QString::fromStdString(html), document));
        draw(document, writer);
    }
    return writeFileAtomically(file, pdf.toStdString());
}

} // namespace hilum
