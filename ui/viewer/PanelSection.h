// One section of the panel on the right: a heading in small capitals, a body, and a line below.
#pragma once

#include <QComboBox>
#include <QWidget>

class QLabel;
class QVBoxLayout;

namespace hilum {

class PanelSection : public QWidget {
    Q_OBJECT

public:
    explicit PanelSection(const QString& heading, QWidget* parent = nullptr);

protected:
    [[nodiscard]] QVBoxLayout* body() const { return m_body; }
    // A wrapping label for plain text in that role of the style sheet, added to the body; hidden while empty.
    QLabel* addText(const char* role);
    static void setTextOrHide(QLabel& label, const QString& text);

private:
    QVBoxLayout* m_body;
};

// A combo box that cuts a long text with an ellipsis instead of pushing the panel wide.
class ElidedComboBox : public QComboBox {
    Q_OBJECT

public:
    explicit ElidedComboBox(QWidget* parent = nullptr);

protected:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override; // scrolls the panel, does not change the choice
};

} // namespace hilum
