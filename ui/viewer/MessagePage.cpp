#include "ui/viewer/MessagePage.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/Style.h"

namespace hilum {
namespace {

constexpr int kColumnWidth = 500;
constexpr int kIconPx = 40;

} // namespace

MessagePage::MessagePage(const QString& iconName, const QColor& colour, QWidget* parent)
    : QWidget(parent), m_column(new QVBoxLayout), m_buttons(new QHBoxLayout), m_links(new QVBoxLayout) {
    setObjectName(QStringLiteral("MessagePage"));
    setAttribute(Qt::WA_StyledBackground);
    auto* column = new QWidget(this);
    column->setFixedWidth(kColumnWidth);
    column->setLayout(m_column);
    auto* outer = new QHBoxLayout(this);
    outer->setContentsMargins(16, 16, 16, 16);
    outer->addWidget(column, 0, Qt::AlignCenter);

    m_column->setSpacing(8);
    auto* sign = new QLabel(this);
    sign->setPixmap(iconPixmap(iconName, colour, kIconPx, 2 * devicePixelRatioF()));
    sign->setAlignment(Qt::AlignCenter);
    m_column->addWidget(sign);
    m_column->addSpacing(4);
    m_title = addLabel("title");
    m_strong = addLabel("strong");
    m_text = addLabel("body");
    m_advice = addLabel("secondary");
    m_column->addSpacing(8);
    m_buttons->setSpacing(8);
    m_buttons->setAlignment(Qt::AlignCenter);
    m_column->addLayout(m_buttons);
    m_links->setSpacing(0);
    m_links->setContentsMargins(0, 12, 0, 0);
    m_column->addLayout(m_links);
}

QLabel* MessagePage::addLabel(const char* role) {
    auto* label = new QLabel(this);
    label->setTextFormat(Qt::PlainText);
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
    setRole(*label, role);
    m_column->addWidget(label);
    return label;
}

void MessagePage::setWords(const QString& title, const QString& strong, const QString& text,
                           const QString& advice) {
    const auto show = [](QLabel* label, const QString& words) {
        label->setText(words);
        label->setVisible(!words.isEmpty());
    };
    show(m_title, title);
    show(m_strong, strong);
    show(m_text, text);
    show(m_advice, advice);
    setAccessibleName(title);
    setAccessibleDescription(text);
}

void MessagePage::addButton(QAction* action, const QString& text, bool isPrimary) {
    auto* button = new QPushButton(text, this);
    button->setToolTip(action->toolTip());
    if (isPrimary)
        setRole(*button, "primary");
    connect(button, &QPushButton::clicked, action, &QAction::trigger);
    connect(action, &QAction::enabledChanged, button, &QWidget::setVisible);
    button->setVisible(action->isEnabled());
    m_buttons->addWidget(button);
}

void MessagePage::setLinks(const QString& caption, const QStringList& texts,
                           const std::function<void(int)>& clicked) {
    while (QLayoutItem* item = m_links->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    if (texts.isEmpty())
        return;
    auto* heading = new QLabel(caption, this);
    setRole(*heading, "heading");
    m_links->addWidget(heading, 0, Qt::AlignHCenter);
    m_links->addSpacing(4);
    for (int i = 0; i < texts.size(); ++i) {
        const QFontMetrics metrics(font());
        auto* link = new QPushButton(metrics.elidedText(texts[i], Qt::ElideMiddle, kColumnWidth - 20), this);
        link->setCursor(Qt::PointingHandCursor);
        link->setToolTip(texts[i].toHtmlEscaped());
        setRole(*link, "link");
        connect(link, &QPushButton::clicked, this, [clicked, i] { clicked(i); });
        m_links->addWidget(link, 0, Qt::AlignHCenter);
    }
}

} // namespace hilum
