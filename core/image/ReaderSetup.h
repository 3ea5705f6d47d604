// For a process that gives up its rights before it reads films.
#pragma once

namespace hilum {

// Loads the files that the readers' libraries would otherwise open with the first film that needs them:
// DCMTK's dictionary and the conversions of the character sets of DICOM.
void prepareReaders();

} // namespace hilum
