// The bar above the film.
#pragma once

#include <vector>

#include <QWidget>

class QLabel;

namespace hilum {

struct ViewActions;

class ViewBar : public QWidget {
    Q_OBJECT

public:
    explicit ViewBar(const ViewActions& actions, QWidget* parent = nullptr);

    // "2 / 7" between the steps; nothing without films.
    void setPosition(int row, int count);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* m_position;
    // Groups hidden where the bar is narrow, the first one first; all that they do has a key.
    std::vector<std::vector<QWidget*>> m_dispensable;
};

} // namespace hilum
