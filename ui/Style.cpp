#include "ui/Style.h"

#include <array>
#include <initializer_list>

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPalette>
#include <QPixmap>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QTranslator>
#include <QWidget>

// Q_INIT_RESOURCE must stand outside any namespace; a static library's resources are not registered by
// themselves.
static void registerResources() { Q_INIT_RESOURCE(hilum); }

namespace hilum {
namespace {

constexpr int kIconPx = 20;
constexpr int kFontPx = 13;

QByteArray readResource(const QString& name) {
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QPalette darkPalette() {
    QPalette palette;
    palette.setColor(QPalette::Window, colour::kWindow);
    palette.setColor(QPalette::WindowText, colour::kText);
    palette.setColor(QPalette::Base, QColor(0x18, 0x1C, 0x20));
    palette.setColor(QPalette::AlternateBase, colour::kPanel);
    palette.setColor(QPalette::Text, colour::kText);
    palette.setColor(QPalette::PlaceholderText, colour::kSecondaryText);
    palette.setColor(QPalette::Button, colour::kRaised);
    palette.setColor(QPalette::ButtonText, colour::kText);
    palette.setColor(QPalette::BrightText, colour::kWarning);
    palette.setColor(QPalette::Highlight, QColor(0x2F, 0x86, 0xAD));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, colour::kAccent);
    palette.setColor(QPalette::ToolTipBase, colour::kRaised);
    palette.setColor(QPalette::ToolTipText, colour::kText);
    palette.setColor(QPalette::Light, QColor(0x2F, 0x35, 0x3C));
    palette.setColor(QPalette::Mid, colour::kLine);
    palette.setColor(QPalette::Dark, QColor(0x0C, 0x0E, 0x10));
    palette.setColor(QPalette::Shadow, Qt::black);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, colour::kDisabledText);
    return palette;
}

// Hilum's own icons where Qt's file dialog asks the style for them; null: none.
const char* iconNameFor(QStyle::StandardPixmap pixmap) {
    switch (pixmap) {
    case QStyle::SP_DirIcon:
    case QStyle::SP_DirOpenIcon:
    case QStyle::SP_DirClosedIcon:
    case QStyle::SP_DirHomeIcon:
        return "folder";
    case QStyle::SP_FileIcon:
        return "file";
    case QStyle::SP_ComputerIcon:
    case QStyle::SP_DriveHDIcon:
    case QStyle::SP_DriveNetIcon:
        return "computer";
    case QStyle::SP_FileDialogBack:
    case QStyle::SP_ArrowBack:
        return "previous";
    case QStyle::SP_ArrowForward:
        return "next";
    case QStyle::SP_FileDialogToParent:
        return "up";
    case QStyle::SP_FileDialogNewFolder:
        return "new-folder";
    default:
        return nullptr;
    }
}

// Fusion without the lines under the letters of menu keys, and with Hilum's icons.
class CalmStyle : public QProxyStyle {
public:
    CalmStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

    int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                  QStyleHintReturn* returned) const override {
        if (hint == SH_UnderlineShortcut)
            return 0;
        return QProxyStyle::styleHint(hint, option, widget, returned);
    }
    QIcon standardIcon(StandardPixmap pixmap, const QStyleOption* option,
                       const QWidget* widget) const override {
        const char* name = iconNameFor(pixmap);
        return name ? icon(QLatin1String(name)) : QProxyStyle::standardIcon(pixmap, option, widget);
    }
};

QFont applicationFont() {
    QFont font = QApplication::font();
    if (QFontDatabase::families().contains(QStringLiteral("Inter")))
        font.setFamily(QStringLiteral("Inter"));
    font.setPixelSize(kFontPx);
    font.setHintingPreference(QFont::PreferVerticalHinting);
    return font;
}

} // namespace

QColor classColour(std::size_t index) {
    static constexpr std::array<QColor, 7> kColours{QColor{0x56, 0xB4, 0xE9}, QColor{0xE6, 0x9F, 0x00},
                                                    QColor{0x2B, 0xB6, 0x8C}, QColor{0xF0, 0xE4, 0x42},
                                                    QColor{0xCC, 0x79, 0xA7}, QColor{0xE0, 0x6C, 0x2E},
                                                    QColor{0x5A, 0x7F, 0xE0}};
    return kColours[index % kColours.size()];
}

QPixmap iconPixmap(const QString& name, const QColor& colour, int sizePx, double devicePixelRatio) {
    QByteArray drawing = readResource(QStringLiteral(":/icons/%1.svg").arg(name));
    drawing.replace("currentColor", colour.name().toUtf8());
    QSvgRenderer renderer(drawing);
    const int side = qRound(sizePx * devicePixelRatio);
    QPixmap pixmap(side, side);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter, QRectF(0, 0, side, side));
    painter.end();
    pixmap.setDevicePixelRatio(devicePixelRatio);
    return pixmap;
}

QIcon icon(const QString& name) {
    QIcon result;
    for (const double ratio : {1.0, 1.5, 2.0, 3.0}) {
        const auto add = [&](const QColor& colour, QIcon::Mode mode, QIcon::State state) {
            result.addPixmap(iconPixmap(name, colour, kIconPx, ratio), mode, state);
        };
        add(colour::kFilmText, QIcon::Normal, QIcon::Off);
        add(Qt::white, QIcon::Active, QIcon::Off);
        add(Qt::white, QIcon::Normal, QIcon::On);
        add(QColor(0x5A, 0x63, 0x6C), QIcon::Disabled, QIcon::Off);
        add(QColor(0x5A, 0x63, 0x6C), QIcon::Disabled, QIcon::On);
    }
    return result;
}

void applyStyle(QApplication& application) {
    registerResources();
    QLocale::setDefault(QLocale(QLocale::English));
    auto* translator = new QTranslator(&application);
    if (translator->load(QStringLiteral(":/i18n/hilum_en.qm")))
        QCoreApplication::installTranslator(translator);
    QApplication::setAttribute(Qt::AA_DontShowIconsInMenus);
    QApplication::setStyle(new CalmStyle);
    QApplication::setPalette(darkPalette());
    QApplication::setFont(applicationFont());
    application.setStyleSheet(QString::fromUtf8(readResource(QStringLiteral(":/style/hilum.qss"))));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/hilum.svg")));
}

void setRole(QWidget& widget, const char* role) {
    widget.setProperty("role", QLatin1String(role));
    widget.style()->unpolish(&widget);
    widget.style()->polish(&widget);
}

QLabel* makeText(const char* role, const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    setRole(*label, role);
    return label;
}

} // namespace hilum
