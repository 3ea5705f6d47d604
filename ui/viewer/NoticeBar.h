// One sentence above the film that does not stop anybody's work, until it is closed.
#pragma once

#include <QWidget>

class QLabel;

namespace hilum {

class NoticeBar : public QWidget {
    Q_OBJECT

public:
    explicit NoticeBar(QWidget* parent = nullptr);

    void showNotice(const QString& sentence);

private:
    QLabel* m_text;
};

} // namespace hilum
