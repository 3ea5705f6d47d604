#include "ui/wizard/StepList.h"

#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/Style.h"
#include "ui/wizard/Card.h"

namespace hilum {

StepButton::StepButton(int number, const QString& title, QWidget* parent)
    : QAbstractButton(parent), m_number(number) {
    setText(title);
    setFocusPolicy(Qt::TabFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StepButton::setStep(StepState state, bool isCurrent) {
    m_state = state;
    m_isCurrent = isCurrent;
    setEnabled(state != StepState::Locked);
    setCursor(state == StepState::Locked ? Qt::ArrowCursor : Qt::PointingHandCursor);
    const QString words = isCurrent                    ? tr("current step")
                          : state == StepState::Done   ? tr("done")
                          : state == StepState::Locked ? tr("not available yet")
                                                       : QString();
    setAccessibleName(words.isEmpty() ? text() : QStringLiteral("%1, %2").arg(text(), words));
    update();
}

void StepButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(hasFocus() ? QPen(colour::kAccent) : QPen(Qt::NoPen));
    painter.setBrush(m_isCurrent                   ? colour::kRaised
                     : underMouse() && isEnabled() ? QColor(0x20, 0x25, 0x2A)
                                                   : QColor(Qt::transparent));
    painter.drawRoundedRect(frame, 6, 6);
    const QRectF disc(10, (height() - 20) / 2.0, 20, 20);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_isCurrent                  ? QColor(0x2F, 0x86, 0xAD)
                     : m_state == StepState::Done ? QColor(0x2F, 0x6B, 0x4F)
                                                  : colour::kLine);
    painter.drawEllipse(disc);
    painter.setPen(m_state == StepState::Locked ? colour::kDisabledText : Qt::white);
    if (m_state == StepState::Done && !m_isCurrent) {
        const QPixmap check = iconPixmap(QStringLiteral("check"), Qt::white, 12, devicePixelRatioF());
        painter.drawPixmap(QPointF(disc.left() + 4, disc.top() + 4), check);
    } else {
        QFont small = font();
        small.setPixelSize(11);
        painter.setFont(small);
        painter.drawText(disc, Qt::AlignCenter, QString::number(m_number));
    }
    painter.setFont(font());
    painter.setPen(m_state == StepState::Locked ? colour::kDisabledText : colour::kText);
    painter.drawText(frame.adjusted(40, 0, -8, 0), Qt::AlignVCenter | Qt::AlignLeft, text());
}

StepList::StepList(const QStringList& titles, QWidget* parent)
    : QWidget(parent), m_summary(makeText("secondary", {}, this)) {
    setObjectName(QStringLiteral("StepList"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(190);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 18, 14, 16);
    layout->setSpacing(4);
    for (const QString& title : titles) {
        const int step = static_cast<int>(m_buttons.size());
        auto* button = new StepButton(step + 1, title, this);
        connect(button, &QAbstractButton::clicked, this, [this, step] { Q_EMIT stepChosen(step); });
        m_buttons.push_back(button);
        layout->addWidget(button);
    }
    layout->addStretch();
    layout->addWidget(m_summary);
}

void StepList::setSteps(const std::vector<StepState>& states, int current) {
    for (std::size_t i = 0; i < m_buttons.size(); ++i)
        m_buttons[i]->setStep(states[i], static_cast<int>(i) == current);
}

void StepList::setSummary(const QString& text) { m_summary->setText(text); }

} // namespace hilum
