#include "ui/viewer/DetailsSection.h"

#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/Style.h"
#include "ui/viewer/FilmText.h"

namespace hilum {

DetailsSection::DetailsSection(QWidget* parent)
    : PanelSection({}, parent), m_toggle(new QPushButton(this)), m_table(new QWidget(this)),
      m_grid(new QGridLayout(m_table)) {
    m_toggle->setText(tr("FILM DETAILS"));
    m_toggle->setCheckable(true);
    m_toggle->setIconSize({12, 12});
    m_toggle->setToolTip(tr("What the file says about this film (Ctrl+I)"));
    m_toggle->setAccessibleName(tr("Film details"));
    setRole(*m_toggle, "disclosure");
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(10);
    m_grid->setVerticalSpacing(5);
    m_grid->setColumnStretch(1, 1);
    body()->addWidget(m_toggle);
    body()->addWidget(m_table);
    connect(m_toggle, &QPushButton::toggled, this, &DetailsSection::unfold);
    unfold(false);
}

void DetailsSection::setOpen(bool open) { m_toggle->setChecked(open); }

void DetailsSection::unfold(bool open) {
    m_toggle->setIcon(icon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
    m_table->setVisible(open);
    Q_EMIT openChanged(open);
}

void DetailsSection::clear() {
    while (QLayoutItem* item = m_grid->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    setVisible(false);
}

void DetailsSection::setFilm(const Radiograph& film) {
    clear();
    setVisible(true);
    int row = 0;
    for (const auto& [name, value] : filmDetails(film)) {
        auto* caption = new QLabel(name, m_table);
        setRole(*caption, "secondary");
        auto* text = new QLabel(value, m_table);
        text->setTextFormat(Qt::PlainText);
        text->setWordWrap(true);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse);
        text->setSizePolicy(QSizePolicy::Ignored,
                            QSizePolicy::Preferred); // long paths must not widen the panel
        setRole(*text, "value");
        m_grid->addWidget(caption, row, 0, Qt::AlignTop);
        m_grid->addWidget(text, row++, 1);
    }
}

} // namespace hilum
