#include "ui/viewer/NoticeBar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "ui/Style.h"

namespace hilum {

NoticeBar::NoticeBar(QWidget* parent) : QWidget(parent), m_text(new QLabel(this)) {
    setObjectName(QStringLiteral("Notice"));
    setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 6, 8, 6);
    layout->setSpacing(8);
    auto* sign = new QLabel(this);
    sign->setPixmap(iconPixmap(QStringLiteral("warning"), colour::kWarning, 18, 2 * devicePixelRatioF()));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    auto* close = new QToolButton(this);
    close->setIcon(icon(QStringLiteral("close")));
    close->setIconSize({16, 16});
    close->setToolTip(tr("Close this notice (Esc)"));
    close->setAccessibleName(tr("Close this notice"));
    close->setShortcut(Qt::Key_Escape);
    setRole(*close, "flat");
    layout->addWidget(sign);
    layout->addWidget(m_text, 1);
    layout->addWidget(close);
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void NoticeBar::showNotice(const QString& sentence) {
    m_text->setText(sentence);
    setAccessibleName(sentence);
    show();
}

} // namespace hilum
