// What a caller chooses about reading a film.
#pragma once

namespace hilum {

struct ReadOptions {
    int frame = 1; // frame of a DICOM image or page of a TIFF, from 1
};

} // namespace hilum
