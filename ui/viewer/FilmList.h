// The films on the left: thumbnails, what they are, what was found or what went wrong.
#pragma once

#include <QTimer>
#include <QWidget>

class QLabel;
class QListView;

namespace hilum {

class FilmListModel;

class FilmList : public QWidget {
    Q_OBJECT

public:
    // The model must outlive the widget.
    explicit FilmList(FilmListModel& model, QWidget* parent = nullptr);

    void setCurrentRow(int row); // −1: none

Q_SIGNALS:
    void rowChosen(int row);
    void visibleRowsChanged(int first, int last);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void updateHeading();
    void reportVisibleRows();

    FilmListModel& m_model;
    QLabel* m_heading;
    QListView* m_view;
    QWidget* m_hint;
    QTimer m_visibleDelay; // scrolling reports once per pause, not per pixel
};

} // namespace hilum
