#include "ui/QtConvert.h"

#include <algorithm>

#include <QFile>

namespace hilum {
namespace {

bool isUnsafe(QChar character) {
    const char16_t code = character.unicode();
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    const bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
                           code == 0x200E || code == 0x200F || code == 0x061C;
    return control || direction;
}

QString madeSafe(QString text) {
    std::replace_if(text.begin(), text.end(), isUnsafe, QChar(QChar::ReplacementCharacter));
    return text;
}

} // namespace

QString toQString(std::string_view utf8) {
    return madeSafe(QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size())));
}

QString toQString(const std::filesystem::path& path) {
#ifdef Q_OS_WIN
    return QString::fromStdWString(path.wstring());
#else
    return QFile::decodeName(path.c_str());
#endif
}

std::filesystem::path toPath(const QString& path) {
#ifdef Q_OS_WIN
    return std::filesystem::path(path.toStdWString());
#else
    return std::filesystem::path(QFile::encodeName(path).toStdString());
#endif
}

QString fileName(const std::filesystem::path& path) {
    const std::filesystem::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    return madeSafe(toQString(name.empty() ? path : name));
}

} // namespace hilum
