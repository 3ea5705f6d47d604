// The panel on the right: findings, model, heat map, film details, and what the figures are not for.
#pragma once

#include <QWidget>

namespace hilum {

class DetailsSection;
class FindingsSection;
class HeatMapSection;
class ModelSection;

class FindingsPanel : public QWidget {
    Q_OBJECT

public:
    explicit FindingsPanel(QWidget* parent = nullptr);

    [[nodiscard]] FindingsSection& findings() { return *m_findings; }
    [[nodiscard]] ModelSection& model() { return *m_model; }
    [[nodiscard]] HeatMapSection& heatMap() { return *m_heatMap; }
    [[nodiscard]] DetailsSection& details() { return *m_details; }

private:
    FindingsSection* m_findings;
    ModelSection* m_model;
    HeatMapSection* m_heatMap;
    DetailsSection* m_details;
};

} // namespace hilum
