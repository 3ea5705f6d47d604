#include "ui/ErrorText.h"

#include <QCoreApplication>

#include "ui/QtConvert.h"

namespace hilum {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("hilum", text); }

} // namespace

QString shortReason(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return tr("file not found");
    case ErrorCode::NotReadable:
        return tr("file cannot be opened");
    case ErrorCode::UnsupportedFormat:
        return tr("unsupported format");
    case ErrorCode::Damaged:
        return tr("damaged file");
    case ErrorCode::TooLarge:
        return tr("film too large");
    case ErrorCode::OutOfMemory:
        return tr("not enough memory");
    case ErrorCode::DecoderStopped:
        return tr("decoding failed");
    case ErrorCode::Cancelled:
        return tr("stopped");
    default:
        return tr("cannot be read");
    }
}

QString filmErrorTitle(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return tr("This file is not there");
    case ErrorCode::NotReadable:
        return tr("This file cannot be opened");
    case ErrorCode::UnsupportedFormat:
        return tr("Hilum cannot read this format");
    case ErrorCode::Damaged:
        return tr("This film is damaged");
    case ErrorCode::TooLarge:
        return tr("This film is too large");
    case ErrorCode::OutOfMemory:
        return tr("There is not enough memory for this film");
    case ErrorCode::DecoderStopped:
        return tr("This film cannot be decoded");
    default:
        return tr("This film cannot be shown");
    }
}

QString filmErrorAdvice(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return tr("It may have been moved, or its drive is not connected.");
    case ErrorCode::NotReadable:
        return tr("Check that you are allowed to read it, then open it again.");
    case ErrorCode::UnsupportedFormat:
        return tr("Export it as uncompressed DICOM, PNG, JPEG or TIFF, and open it again.");
    case ErrorCode::Damaged:
        return tr("Nothing of it is shown, so that no altered image is read. Copy or export it again.");
    case ErrorCode::TooLarge:
        return tr("Films of up to 100 megapixels are read. Export it smaller and open it again.");
    case ErrorCode::OutOfMemory:
        return tr("Close other programs and open it again.");
    default:
        return tr("The other films are not affected.");
    }
}

QString modelErrorTitle(ErrorCode code) {
    switch (code) {
    case ErrorCode::NotFound:
        return tr("The model file is not there");
    case ErrorCode::NotReadable:
        return tr("The model file cannot be opened");
    case ErrorCode::UnsupportedVersion:
        return tr("The model file is newer than this Hilum");
    case ErrorCode::BadModelFile:
    case ErrorCode::Damaged:
        return tr("The model file is damaged or not a Hilum model");
    case ErrorCode::OutOfMemory:
        return tr("There is not enough memory for this model");
    default:
        return tr("The model cannot be used");
    }
}

QString reason(const Error& error) {
    const QString message = toQString(std::string_view(error.message));
    return message.isEmpty() ? shortReason(error.code) : message;
}

QString reasonWithContext(const Error& error) {
    const QString about = toQString(std::string_view(error.context));
    return about.isEmpty() ? reason(error) : QStringLiteral("%1 [%2]").arg(reason(error), about);
}

} // namespace hilum
