#include "ui/viewer/ViewBar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

#include "ui/Style.h"
#include "ui/viewer/ViewActions.h"

namespace hilum {
namespace {

constexpr int kBarHeight = 40;

// A tool button with its key in a small frame behind the text.
class KeyButton : public QToolButton {
public:
    using QToolButton::QToolButton;

    [[nodiscard]] QSize sizeHint() const override {
        return QToolButton::sizeHint() + QSize(keyWidth() + 8, 0);
    }

protected:
    void paintEvent(QPaintEvent* event) override {
        QToolButton::paintEvent(event);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setFont(keyFont());
        const QRectF frame(width() - keyWidth() - 8, (height() - 17) / 2.0, keyWidth(), 17);
        painter.setPen(QColor(0x4A, 0x54, 0x5E));
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        painter.setPen(isEnabled() ? colour::kSecondaryText : colour::kDisabledText);
        painter.drawText(frame, Qt::AlignCenter, key());
    }

private:
    [[nodiscard]] QString key() const {
        return defaultAction()->shortcut().toString(QKeySequence::NativeText);
    }
    [[nodiscard]] QFont keyFont() const {
        QFont font = this->font();
        font.setPixelSize(11);
        return font;
    }
    [[nodiscard]] int keyWidth() const { return QFontMetrics(keyFont()).horizontalAdvance(key()) + 12; }
};

template <class Button = QToolButton>
Button* addButton(QHBoxLayout& layout, QAction* action, bool hasText = false) {
    auto* button = new Button(layout.parentWidget());
    button->setProperty("hasText", hasText);
    button->setDefaultAction(action);
    button->setIconSize({20, 20});
    button->setToolButtonStyle(hasText ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    button->setFocusPolicy(Qt::TabFocus); // a click leaves the keys with the film
    button->setAccessibleName(QString(action->text()).remove(QLatin1Char('&')).remove(QStringLiteral("…")));
    layout.addWidget(button);
    return button;
}

// A thin line with some room at both sides.
QWidget* addSeparator(QHBoxLayout& layout) {
    auto* separator = new QWidget(layout.parentWidget());
    auto* room = new QHBoxLayout(separator);
    room->setContentsMargins(5, 0, 5, 0);
    auto* line = new QWidget(separator);
    line->setObjectName(QStringLiteral("Separator"));
    line->setAttribute(Qt::WA_StyledBackground);
    line->setFixedSize(1, 20);
    room->addWidget(line);
    layout.addWidget(separator);
    return separator;
}

} // namespace

ViewBar::ViewBar(const ViewActions& actions, QWidget* parent)
    : QWidget(parent), m_position(new QLabel(this)) {
    setObjectName(QStringLiteral("ViewBar"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(kBarHeight);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 0, 10, 0);
    layout->setSpacing(4);
    QToolButton* openFilms = addButton(*layout, actions.openFilms);
    QToolButton* openFolder = addButton(*layout, actions.openFolder);
    QWidget* afterOpen = addSeparator(*layout);
    addButton(*layout, actions.autoWindow);
    addButton(*layout, actions.invert);
    addSeparator(*layout);
    addButton(*layout, actions.fit);
    addButton(*layout, actions.oneToOne);
    QToolButton* zoomOut = addButton(*layout, actions.zoomOut);
    QToolButton* zoomIn = addButton(*layout, actions.zoomIn);
    addButton(*layout, actions.reset);
    QWidget* beforeTexts = addSeparator(*layout);
    QToolButton* texts = addButton(*layout, actions.texts);
    layout->addStretch();
    addButton(*layout, actions.previousFilm);
    setRole(*m_position, "secondary");
    m_position->setAlignment(Qt::AlignCenter);
    m_position->setMinimumWidth(44);
    layout->addWidget(m_position);
    addButton(*layout, actions.nextFilm);
    layout->addSpacing(8);
    addButton<KeyButton>(*layout, actions.heatMap, true);
    m_dispensable = {
        {zoomIn, zoomOut}, {texts, beforeTexts}, {openFilms, openFolder, afterOpen}, {m_position}};
    layout->setSizeConstraint(QLayout::SetNoConstraint);
    setMinimumWidth(440);
}

void ViewBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const auto setVisible = [](const std::vector<QWidget*>& group, bool visible) {
        for (QWidget* widget : group)
            widget->setVisible(visible);
    };
    for (const auto& group : m_dispensable)
        setVisible(group, true);
    for (const auto& group : m_dispensable) {
        if (layout()->minimumSize().width() <= width())
            return;
        setVisible(group, false);
    }
}

void ViewBar::setPosition(int row, int count) {
    m_position->setText(count == 0 ? QString() : tr("%1 / %2").arg(row + 1).arg(count));
}

} // namespace hilum
