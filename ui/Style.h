// How Hilum looks: colours, type, icons. The style sheet is resources/style/hilum.qss.
#pragma once

#include <cstddef>

#include <QColor>
#include <QIcon>
#include <QString>

class QApplication;
class QLabel;
class QWidget;

namespace hilum {

namespace colour {
inline constexpr QColor kFilmArea{0x00, 0x00, 0x00};
inline constexpr QColor kFilmText{0xC9, 0xD1, 0xD8};
inline constexpr QColor kWindow{0x14, 0x17, 0x1A};
inline constexpr QColor kPanel{0x1C, 0x20, 0x24};
inline constexpr QColor kRaised{0x26, 0x30, 0x3A};
inline constexpr QColor kLine{0x2A, 0x30, 0x36};
inline constexpr QColor kText{0xE6, 0xE9, 0xEC};
inline constexpr QColor kSecondaryText{0x9A, 0xA4, 0xAE};
inline constexpr QColor kDisabledText{0x6F, 0x7A, 0x84};
inline constexpr QColor kAccent{0x4F, 0xB3, 0xD9};
inline constexpr QColor kWarning{0xE8, 0xB9, 0x5C};
inline constexpr QColor kGood{0x5F, 0xB4, 0x9C};
inline constexpr QColor kSecondSeries{0xE9, 0xA2,
                                      0x4C}; // of a chart, beside the accent: validation, after scaling
} // namespace colour

// The colour of the n-th class, the same everywhere: Okabe and Ito's set for every kind of colour vision,
// lightened where a dark ground needs it. Repeats after seven.
QColor classColour(std::size_t index);

// A line icon of resources/icons, sharp at every scale, in the colours of its state.
QIcon icon(const QString& name);
QPixmap iconPixmap(const QString& name, const QColor& colour, int sizePx, double devicePixelRatio);

// Sets the style, the palette, the font, the style sheet and the English plurals. Call once, before any
// window.
void applyStyle(QApplication& application);

// A wrapping label for plain text that can be copied, in a role of the style sheet.
QLabel* makeText(const char* role, const QString& text, QWidget* parent);

// Marks a widget for the style sheet: heading, secondary, warning, primary, …
void setRole(QWidget& widget, const char* role);

} // namespace hilum
