// A few films of every class as thumbnails, a row per class.
#pragma once

#include <functional>

#include <QImage>
#include <QStringList>
#include <QWidget>

namespace hilum {

class SampleGrid : public QWidget {
    Q_OBJECT

public:
    using Sample = std::function<QImage(int row, int column)>; // null: not read yet

    explicit SampleGrid(QWidget* parent = nullptr);
    void setRows(const QStringList& names, int columns, Sample sample);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QStringList m_names;
    int m_columns = 0;
    Sample m_sample;
};

} // namespace hilum
