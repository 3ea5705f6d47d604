// Transfer syntaxes (PS3.5 Annex A) that Hilum reads.
#pragma once

#include <string>

#include "core/domain/Result.h"
#include "core/image/DicomStructure.h"

namespace hilum {

enum class DicomCodec { Native, Rle, Jpeg, JpegLs, Jpeg2000 };

struct DicomSyntax {
    std::string uid;
    std::string name; // as FilmSource::encoding says it
    DicomEncoding encoding;
    DicomCodec codec = DicomCodec::Native;
    bool deflated = false; // the data set is compressed as a whole
};

// By the transfer syntax UID; where the file states none, a native encoding as guessed.
// Errors: UnsupportedFormat (with the syntax's name and UID).
Result<DicomSyntax> dicomSyntax(const DicomMeta& meta);

} // namespace hilum
