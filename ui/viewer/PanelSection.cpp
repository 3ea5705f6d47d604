#include "ui/viewer/PanelSection.h"

#include <QLabel>
#include <QStylePainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <QWheelEvent>

#include "ui/Style.h"

namespace hilum {

PanelSection::PanelSection(const QString& heading, QWidget* parent)
    : QWidget(parent), m_body(new QVBoxLayout) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    m_body->setContentsMargins(16, 14, 16, 14);
    m_body->setSpacing(8);
    if (!heading.isEmpty()) {
        auto* label = new QLabel(heading, this);
        setRole(*label, "heading");
        m_body->addWidget(label);
    }
    auto* line = new QWidget(this);
    line->setObjectName(QStringLiteral("SectionLine"));
    line->setAttribute(Qt::WA_StyledBackground);
    line->setFixedHeight(1);
    outer->addLayout(m_body);
    outer->addWidget(line);
}

QLabel* PanelSection::addText(const char* role) {
    QLabel* label = makeText(role, {}, this);
    label->hide();
    m_body->addWidget(label);
    return label;
}

void PanelSection::setTextOrHide(QLabel& label, const QString& text) {
    label.setText(text);
    label.setVisible(!text.isEmpty());
}

ElidedComboBox::ElidedComboBox(QWidget* parent) : QComboBox(parent) {
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(6);
    setItemDelegate(new QStyledItemDelegate(this)); // lets the style sheet reach the items
}

void ElidedComboBox::paintEvent(QPaintEvent*) {
    QStylePainter painter(this);
    QStyleOptionComboBox option;
    initStyleOption(&option);
    const QRect field =
        style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this);
    if (currentIndex() < 0)
        option.currentText = placeholderText();
    option.currentText = fontMetrics().elidedText(option.currentText, Qt::ElideRight, field.width() - 4);
    painter.drawComplexControl(QStyle::CC_ComboBox, option);
    painter.drawControl(QStyle::CE_ComboBoxLabel, option);
}

void ElidedComboBox::wheelEvent(QWheelEvent* event) { event->ignore(); }

} // namespace hilum
