// A page on the film area that says something in words, with buttons for the ways on.
#pragma once

#include <functional>

#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace hilum {

class MessagePage : public QWidget {
    Q_OBJECT

public:
    // iconName as for icon(); colour of the icon.
    MessagePage(const QString& iconName, const QColor& colour, QWidget* parent = nullptr);

    // Plain text; empty parts are hidden. The strong text is what it is about, e.g. a file's name.
    void setWords(const QString& title, const QString& strong, const QString& text, const QString& advice);
    // A button that triggers the action and shows its key; hidden while the action is disabled.
    void addButton(QAction* action, const QString& text, bool isPrimary = false);
    // A line of links below the buttons; none for an empty list.
    void setLinks(const QString& caption, const QStringList& texts, const std::function<void(int)>& clicked);

private:
    QLabel* addLabel(const char* role);

    QVBoxLayout* m_column;
    QLabel* m_title;
    QLabel* m_strong;
    QLabel* m_text;
    QLabel* m_advice;
    QHBoxLayout* m_buttons;
    QVBoxLayout* m_links;
};

} // namespace hilum
