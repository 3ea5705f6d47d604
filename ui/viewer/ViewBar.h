// The bar above the film.
#pragma once

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

private:
    QLabel* m_position;
};

} // namespace hilum
