// How the heat map is drawn: whose, how opaque, on which scale.
#pragma once

#include <QStringList>

#include "ui/viewer/PanelSection.h"

class QButtonGroup;
class QPushButton;
class QSlider;

namespace hilum {

class HeatMapSection : public PanelSection {
    Q_OBJECT

public:
    // What "predicted class" stands for in chosenClass().
    static constexpr int kPredicted = -1;

    explicit HeatMapSection(QWidget* parent = nullptr);

    // A class chosen by hand stays chosen where the new labels have it too.
    void setLabels(const QStringList& labels);
    void setFixedScaleAvailable(bool available);
    void setOpacityPercent(int percent);

    [[nodiscard]] int chosenClass() const;
    [[nodiscard]] bool isScaleFixed() const;
    [[nodiscard]] int opacityPercent() const;

public Q_SLOTS:
    void chooseClass(int label);
    void chooseNextClass();
    void toggleScale();
    void changeOpacity(int byPercent);

Q_SIGNALS:
    void choiceChanged(); // class or scale
    void opacityChanged(int percent);

private:
    void addClassRow();
    void addOpacityRow();
    void addScaleRow();
    QPushButton* makePill(const QString& text, const QString& toolTip);

    ElidedComboBox* m_class;
    QSlider* m_opacity;
    QLabel* m_opacityFigure;
    QPushButton* m_fixed;
    QPushButton* m_perFilm;
    bool m_prefersFixed = true;
};

} // namespace hilum
