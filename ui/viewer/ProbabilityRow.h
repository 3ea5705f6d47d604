// One class of a reading: its name, its probability as a figure, and a bar in the class's colour. Choosing
// the row chooses the class for the heat map.
#pragma once

#include <QAbstractButton>
#include <QColor>

namespace hilum {

class ProbabilityRow : public QAbstractButton {
    Q_OBJECT

public:
    ProbabilityRow(const QString& label, const QColor& colour, QWidget* parent = nullptr);

    // In [0, 1]; negative: not known yet.
    void setProbability(double probability);
    void setBest(bool isBest); // the predicted class stands out

    [[nodiscard]] QSize sizeHint() const override { return {240, 40}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QColor m_colour;
    double m_probability = -1;
    bool m_isBest = false;
};

} // namespace hilum
