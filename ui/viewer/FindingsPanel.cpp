#include "ui/viewer/FindingsPanel.h"

#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/Style.h"
#include "ui/viewer/DetailsSection.h"
#include "ui/viewer/FindingsSection.h"
#include "ui/viewer/HeatMapSection.h"
#include "ui/viewer/ModelSection.h"

namespace hilum {
namespace {

QWidget* makeFoot(QWidget* parent) {
    auto* foot = new QWidget(parent);
    foot->setObjectName(QStringLiteral("PanelFoot"));
    foot->setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QVBoxLayout(foot);
    layout->setContentsMargins(16, 12, 16, 12);
    auto* label = new QLabel(FindingsPanel::tr("Research use, not for diagnosis."), foot);
    label->setWordWrap(true);
    setRole(*label, "warning");
    layout->addWidget(label);
    return foot;
}

} // namespace

FindingsPanel::FindingsPanel(QWidget* parent)
    : QWidget(parent), m_findings(new FindingsSection), m_model(new ModelSection),
      m_heatMap(new HeatMapSection), m_details(new DetailsSection) {
    setObjectName(QStringLiteral("Panel"));
    setAttribute(Qt::WA_StyledBackground);
    setMinimumWidth(280);
    auto* inner = new QWidget;
    inner->setObjectName(QStringLiteral("PanelBody"));
    inner->setAttribute(Qt::WA_StyledBackground);
    auto* sections = new QVBoxLayout(inner);
    sections->setContentsMargins(0, 0, 0, 0);
    sections->setSpacing(0);
    for (QWidget* section : std::initializer_list<QWidget*>{m_findings, m_model, m_heatMap, m_details})
        sections->addWidget(section);
    sections->addStretch();

    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(inner);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(scroll, 1);
    layout->addWidget(makeFoot(this));
}

} // namespace hilum
