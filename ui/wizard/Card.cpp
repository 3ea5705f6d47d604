#include "ui/wizard/Card.h"

#include <QLabel>
#include <QVBoxLayout>

#include "ui/Style.h"

namespace hilum {

Card::Card(const QString& heading, QWidget* parent)
    : QFrame(parent), m_body(new QVBoxLayout(this)), m_headingLine(new QHBoxLayout),
      m_heading(new QLabel(heading, this)) {
    setRole(*this, "card");
    m_body->setContentsMargins(14, 12, 14, 12);
    m_body->setSpacing(8);
    setRole(*m_heading, "heading");
    m_headingLine->addWidget(m_heading);
    m_headingLine->addStretch();
    m_body->addLayout(m_headingLine);
}

void Card::setHeading(const QString& heading) { m_heading->setText(heading); }

QLabel* Card::addText(const char* role, const QString& text) {
    QLabel* label = makeText(role, text, this);
    m_body->addWidget(label);
    return label;
}

} // namespace hilum
