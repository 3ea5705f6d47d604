#include "ui/viewer/HeatMapSection.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSlider>

#include "ui/Style.h"

namespace hilum {
namespace {

constexpr int kCaptionWidth = 52;

QLabel* makeCaption(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setFixedWidth(kCaptionWidth);
    setRole(*label, "secondary");
    return label;
}

} // namespace

HeatMapSection::HeatMapSection(QWidget* parent) : PanelSection(tr("HEAT MAP"), parent) {
    addClassRow();
    addOpacityRow();
    addScaleRow();
    setLabels({});
    setFixedScaleAvailable(false);
}

void HeatMapSection::addClassRow() {
    m_class = new ElidedComboBox(this);
    m_class->setAccessibleName(tr("Class of the heat map"));
    m_class->setToolTip(tr("Class whose heat map is shown (next: C)"));
    connect(m_class, &QComboBox::currentIndexChanged, this, &HeatMapSection::choiceChanged);
    body()->addWidget(m_class);
}

void HeatMapSection::addOpacityRow() {
    auto* row = new QHBoxLayout;
    row->setSpacing(10);
    m_opacity = new QSlider(Qt::Horizontal, this);
    m_opacity->setRange(0, 100);
    m_opacity->setPageStep(10);
    m_opacity->setAccessibleName(tr("Opacity of the heat map"));
    m_opacity->setToolTip(tr("Opacity of the heat map (less: [, more: ])"));
    m_opacityFigure = new QLabel(this);
    m_opacityFigure->setFixedWidth(40);
    m_opacityFigure->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row->addWidget(makeCaption(tr("Opacity"), this));
    row->addWidget(m_opacity, 1);
    row->addWidget(m_opacityFigure);
    body()->addLayout(row);
    connect(m_opacity, &QSlider::valueChanged, this, [this](int percent) {
        m_opacityFigure->setText(tr("%1 %").arg(percent));
        Q_EMIT opacityChanged(percent);
    });
}

QPushButton* HeatMapSection::makePill(const QString& text, const QString& toolTip) {
    auto* pill = new QPushButton(text, this);
    pill->setCheckable(true);
    pill->setToolTip(toolTip);
    pill->setAccessibleName(tr("Scale: %1").arg(text));
    setRole(*pill, "pill");
    return pill;
}

void HeatMapSection::addScaleRow() {
    auto* row = new QHBoxLayout;
    row->setSpacing(6);
    m_fixed = makePill(tr("fixed"), tr("The same scale on every film, so that films can be compared (S)"));
    m_perFilm =
        makePill(tr("per film"), tr("Full heat at this film's largest value: a weak map looks strong (S)"));
    auto* group = new QButtonGroup(this);
    group->addButton(m_fixed);
    group->addButton(m_perFilm);
    row->addWidget(makeCaption(tr("Scale"), this));
    row->addSpacing(4);
    row->addWidget(m_fixed);
    row->addWidget(m_perFilm);
    row->addStretch();
    body()->addLayout(row);
    connect(group, &QButtonGroup::buttonClicked, this, [this] {
        m_prefersFixed = m_fixed->isChecked();
        Q_EMIT choiceChanged();
    });
}

void HeatMapSection::setLabels(const QStringList& labels) {
    const QString chosen = m_class->currentIndex() > 0 ? m_class->currentText() : QString();
    const QSignalBlocker blocker(m_class);
    m_class->clear();
    m_class->addItem(tr("Predicted class"));
    m_class->addItems(labels);
    m_class->setCurrentIndex(chosen.isEmpty() ? 0 : std::max(0, m_class->findText(chosen)));
    m_class->setEnabled(!labels.isEmpty());
}

void HeatMapSection::setFixedScaleAvailable(bool available) {
    m_fixed->setEnabled(available);
    (available && m_prefersFixed ? m_fixed : m_perFilm)->setChecked(true);
}

void HeatMapSection::setOpacityPercent(int percent) {
    m_opacity->setValue(percent);
    m_opacityFigure->setText(tr("%1 %").arg(percent));
}

int HeatMapSection::chosenClass() const { return m_class->currentIndex() - 1; }

bool HeatMapSection::isScaleFixed() const { return m_fixed->isChecked(); }

int HeatMapSection::opacityPercent() const { return m_opacity->value(); }

void HeatMapSection::chooseClass(int label) { m_class->setCurrentIndex(label + 1); }

void HeatMapSection::chooseNextClass() {
    if (m_class->count() > 0)
        m_class->setCurrentIndex((m_class->currentIndex() + 1) % m_class->count());
}

void HeatMapSection::toggleScale() {
    if (m_fixed->isEnabled())
        (m_fixed->isChecked() ? m_perFilm : m_fixed)->click();
}

void HeatMapSection::changeOpacity(int byPercent) { m_opacity->setValue(m_opacity->value() + byPercent); }

} // namespace hilum
