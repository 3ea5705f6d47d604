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

void addSeparator(QHBoxLayout& layout) {
    auto* line = new QWidget(layout.parentWidget());
    line->setObjectName(QStringLiteral("Separator"));
    line->setAttribute(Qt::WA_StyledBackground);
    line->setFixedSize(1, 20);
    layout.addSpacing(5);
    layout.addWidget(line);
    layout.addSpacing(5);
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
    addButton(*layout, actions.openFilms);
    addButton(*layout, actions.openFolder);
    addSeparator(*layout);
    addButton(*layout, actions.autoWindow);
    addButton(*layout, actions.invert);
    addSeparator(*layout);
    addButton(*layout, actions.fit);
    addButton(*layout, actions.oneToOne);
    addButton(*layout, actions.zoomOut);
    addButton(*layout, actions.zoomIn);
    addButton(*layout, actions.reset);
    addSeparator(*layout);
    addButton(*layout, actions.texts);
    layout->addStretch();
    addButton(*layout, actions.previousFilm);
    setRole(*m_position, "secondary");
    m_position->setAlignment(Qt::AlignCenter);
    m_position->setMinimumWidth(44);
    layout->addWidget(m_position);
    addButton(*layout, actions.nextFilm);
    layout->addSpacing(8);
    addButton<KeyButton>(*layout, actions.heatMap, true);
}

void ViewBar::setPosition(int row, int count) {
    m_position->setText(count == 0 ? QString() : tr("%1 / %2").arg(row + 1).arg(count));
}

} // namespace hilum
