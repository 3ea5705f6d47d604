// One small valid film of every kind that is read: what mutations and fuzzers start from.
#pragma once

#include <string>
#include <vector>

#include "core/image/RadiographReader.h"
#include "tests/support/PictureFiles.h"

namespace hilum::test {

struct SampleFilm {
    std::string name; // fit for a file
    FileKind kind = FileKind::Unknown;
    ByteVector bytes;
};

std::vector<SampleFilm> sampleFilms();

} // namespace hilum::test
