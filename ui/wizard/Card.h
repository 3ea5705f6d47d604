// A framed panel with a heading in small capitals; pages are laid out in cards.
#pragma once

#include <QFrame>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace hilum {

class Card : public QFrame {
    Q_OBJECT

public:
    explicit Card(const QString& heading, QWidget* parent = nullptr);

    [[nodiscard]] QVBoxLayout* body() const { return m_body; }
    // The heading's line, for what stands at its right end.
    [[nodiscard]] QHBoxLayout* headingLine() const { return m_headingLine; }
    void setHeading(const QString& heading);
    // A wrapping label for plain text in that role of the style sheet, added to the body.
    QLabel* addText(const char* role, const QString& text = {});

private:
    QVBoxLayout* m_body;
    QHBoxLayout* m_headingLine;
    QLabel* m_heading;
};

} // namespace hilum
