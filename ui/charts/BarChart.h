// Horizontal bars, one per class, each with its name, its count and its share.
#pragma once

#include <vector>

#include <QString>
#include <QWidget>

namespace hilum {

struct Bar {
    QString name;
    long count = 0;
    QColor colour;
};

class BarChart : public QWidget {
    Q_OBJECT

public:
    explicit BarChart(QWidget* parent = nullptr);
    void setBars(std::vector<Bar> bars);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<Bar> m_bars;
};

} // namespace hilum
