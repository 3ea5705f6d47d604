#include "ui/wizard/PinnedFilms.h"

#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include "ui/QtConvert.h"
#include "ui/Style.h"
#include "ui/viewer/FilmText.h"

namespace hilum {
namespace {

constexpr int kSide = 96;
constexpr int kGap = 10;
constexpr QColor kDanger{0xF0, 0x8C, 0x78};

} // namespace

PinnedFilms::PinnedFilms(QWidget* parent) : QWidget(parent) { setMinimumHeight(kSide + 4); }

void PinnedFilms::setFilms(const HeatMapsEvent& maps, const std::filesystem::path& runFolder) {
    m_items.clear();
    QStringList texts;
    for (const PinnedFilm& film : maps.films) {
        Item item;
        item.image.load(toQString(runFolder / film.picture));
        const QString label = toQString(std::string_view(film.label)),
                      predicted = toQString(std::string_view(film.predicted));
        item.isRight = film.label == film.predicted;
        item.words =
            QStringLiteral("%1 %2").arg(predicted, item.isRight ? QStringLiteral("✓") : QStringLiteral("✗"));
        item.tip = tr("%1: is %2, read as %3 (%4)")
                       .arg(fileName(film.file), label, predicted, probabilityText(film.probability));
        texts << item.tip;
        m_items.push_back(std::move(item));
    }
    setAccessibleName(texts.join(QStringLiteral("; ")));
    update();
}

QRect PinnedFilms::place(std::size_t number) const {
    return {static_cast<int>(number) * (kSide + kGap), 0, kSide, kSide};
}

void PinnedFilms::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    QFont small = font();
    small.setPixelSize(11);
    painter.setFont(small);
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const QRect square = place(i);
        QPainterPath shape;
        shape.addRoundedRect(square, 6, 6);
        painter.fillPath(shape, colour::kFilmArea);
        painter.setClipPath(shape);
        painter.drawImage(square, m_items[i].image);
        QLinearGradient shade(0, kSide - 26, 0, kSide);
        shade.setColorAt(0, Qt::transparent);
        shade.setColorAt(1, QColor(0, 0, 0, 200));
        painter.fillRect(square, shade);
        painter.setClipping(false);
        painter.setPen(m_items[i].isRight ? colour::kGood : kDanger);
        painter.drawText(square.adjusted(6, 0, -4, -4), Qt::AlignLeft | Qt::AlignBottom,
                         painter.fontMetrics().elidedText(m_items[i].words, Qt::ElideMiddle, kSide - 10));
    }
}

bool PinnedFilms::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        for (std::size_t i = 0; i < m_items.size(); ++i) {
            if (place(i).contains(help->pos()))
                QToolTip::showText(help->globalPos(), m_items[i].tip.toHtmlEscaped(), this, place(i));
        }
        return true;
    }
    return QWidget::event(event);
}

} // namespace hilum
