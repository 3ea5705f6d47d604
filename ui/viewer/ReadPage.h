// The page on which films are read: the list on the left, the film in the middle, findings on the right.
// Brings the session's state to the widgets and the user's wishes to the session.
#pragma once

#include <string>
#include <unordered_map>

#include <QWidget>

#include "core/domain/Result.h"
#include "ui/viewer/RadiographView.h"

class QSplitter;
class QStackedWidget;

namespace hilum {

class FilmList;
class FindingsPanel;
class MessagePage;
class NoticeBar;
class ReadSession;
class Settings;
class ViewBar;
struct ViewActions;

class ReadPage : public QWidget {
    Q_OBJECT

public:
    // All three must outlive the page.
    ReadPage(ReadSession& session, Settings& settings, const ViewActions& actions, QWidget* parent = nullptr);

    [[nodiscard]] FindingsPanel& panel() { return *m_panel; }
    // The links of the empty page.
    void setRecentPaths(const QStringList& paths);
    // Something is being dragged over the window that would be opened.
    void setDropExpected(bool expected);
    void showNotice(const QString& sentence);
    [[nodiscard]] QByteArray saveSplitter() const;

Q_SIGNALS:
    void recentChosen(const QString& path);
    void statusChanged(const QString& reading, const QString& film);

private:
    void build();
    QWidget* buildCentre();
    void buildEmptyPage();
    void buildErrorPage();
    void connectSession();
    void connectActions();
    void connectPanel();
    void showMenu(QPoint position);

    void onCurrentRowChanged(int row);
    void onFilmShown();
    void onFilmFailed(const Error& error);
    void updateFindings();
    void updateModel();
    void updateHeatmap();
    void updateStatus();
    void keepLook();
    [[nodiscard]] HeatmapDisplay heatmapDisplay() const;

    ReadSession& m_session;
    Settings& m_settings;
    const ViewActions& m_actions;
    QSplitter* m_splitter;
    FilmList* m_list;
    ViewBar* m_bar;
    NoticeBar* m_notice;
    QStackedWidget* m_stack;
    RadiographView* m_view;
    MessagePage* m_empty;
    MessagePage* m_error;
    FindingsPanel* m_panel;
    QAction* m_retry;
    std::unordered_map<std::string, FilmLook> m_looks; // by file, of the films seen
};

} // namespace hilum
