#include "ui/viewer/FilmDelegate.h"

#include <QApplication>
#include <QImage>
#include <QPainter>
#include <QPainterPath>

#include "ui/Style.h"
#include "ui/viewer/FilmListModel.h"

namespace hilum {
namespace {

constexpr int kRowHeight = 74;
constexpr int kGapBelow = 8;
constexpr int kPadding = 6;
constexpr int kThumbnail = 52;

QFont textFont(int px, QFont::Weight weight) {
    QFont font = QApplication::font();
    font.setPixelSize(px);
    font.setWeight(weight);
    return font;
}

void paintThumbnail(QPainter& painter, const QRect& place, const QImage& thumbnail, bool isFailed) {
    QPainterPath shape;
    shape.addRoundedRect(place, 3, 3);
    painter.fillPath(shape, QColor(0x16, 0x1A, 0x1E));
    if (!thumbnail.isNull()) {
        painter.save();
        painter.setClipPath(shape);
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(place, thumbnail);
        painter.restore();
        return;
    }
    const QColor colour = isFailed ? colour::kWarning : QColor(0x3A, 0x42, 0x4A);
    const QPixmap sign = iconPixmap(isFailed ? QStringLiteral("warning") : QStringLiteral("read"), colour, 20,
                                    painter.device()->devicePixelRatioF());
    painter.drawPixmap(place.center() - QPoint(10, 10) + QPoint(1, 1), sign);
}

// The text is cut to leave room for the figure behind it.
void paintLine(QPainter& painter, const QRect& line, const QString& text, const QColor& colour,
               const QFont& font, const QString& figure = {}, Qt::TextElideMode elision = Qt::ElideRight) {
    painter.setFont(font);
    painter.setPen(colour);
    const QFontMetrics metrics(font);
    const QString tail = figure.isEmpty() ? QString() : QLatin1Char(' ') + figure;
    const QString cut = metrics.elidedText(text, elision, line.width() - metrics.horizontalAdvance(tail));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, cut + tail);
}

} // namespace

QSize FilmDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
    return {120, kRowHeight};
}

void FilmDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
    const bool isSelected = option.state.testFlag(QStyle::State_Selected);
    const bool isHovered = option.state.testFlag(QStyle::State_MouseOver);
    const bool isFocused = isSelected && option.state.testFlag(QStyle::State_HasFocus);
    const bool isWarning = index.data(FilmListModel::IsWarningRole).toBool();
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);

    const QRect card = option.rect.adjusted(0, 0, 0, -kGapBelow);
    QPainterPath shape;
    shape.addRoundedRect(QRectF(card).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    painter->fillPath(shape, isHovered ? QColor(0x12, 0x15, 0x18) : QColor(0x0C, 0x0E, 0x10));
    painter->setPen(QPen(isSelected ? colour::kAccent : colour::kLine, isFocused ? 2 : 1));
    painter->drawPath(shape);

    const QRect thumbnail(card.left() + kPadding + 1, card.top() + (card.height() - kThumbnail) / 2,
                          kThumbnail, kThumbnail);
    const auto image = index.data(Qt::DecorationRole).value<QImage>();
    paintThumbnail(*painter, thumbnail, image, isWarning && image.isNull());

    constexpr int kLine = 17;
    const int left = thumbnail.right() + 9;
    QRect line(left, thumbnail.top(), card.right() - kPadding - left + 1, kLine);
    const QString title = index.data(Qt::DisplayRole).toString();
    const QString detail = index.data(FilmListModel::DetailRole).toString();
    const QString finding = index.data(FilmListModel::FindingRole).toString();
    const QFont small = textFont(11, QFont::Normal);
    if (detail.isEmpty() || finding.isEmpty())
        line.translate(0, kLine / 2); // two lines, in the middle
    paintLine(*painter, line, title, colour::kText, textFont(12, QFont::Medium), {},
              Qt::ElideMiddle); // file names differ at their ends
    if (!detail.isEmpty())
        paintLine(*painter, line.translated(0, kLine), detail, colour::kSecondaryText, small);
    if (!finding.isEmpty())
        paintLine(*painter, line.translated(0, detail.isEmpty() ? kLine : 2 * kLine), finding,
                  isWarning ? colour::kWarning : colour::kFilmText, small,
                  index.data(FilmListModel::FigureRole).toString());
    painter->restore();
}

} // namespace hilum
