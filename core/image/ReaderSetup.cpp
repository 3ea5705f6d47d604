#include "core/image/ReaderSetup.h"

#include <array>
#include <list>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
// After osconfig.h.
#include <dcmtk/dcmdata/dcspchrs.h>
#include <dcmtk/oflog/oflog.h>

namespace hilum {
namespace {

// Defined Terms of Specific Character Set (PS3.3 C.12.1.1.2).
constexpr std::array kCharacterSets{"ISO_IR 100",
                                    "ISO_IR 101",
                                    "ISO_IR 109",
                                    "ISO_IR 110",
                                    "ISO_IR 144",
                                    "ISO_IR 127",
                                    "ISO_IR 126",
                                    "ISO_IR 138",
                                    "ISO_IR 148",
                                    "ISO_IR 203",
                                    "ISO_IR 13",
                                    "ISO_IR 166",
                                    "ISO_IR 192",
                                    "GB18030",
                                    "GBK",
                                    "\\ISO 2022 IR 87\\ISO 2022 IR 159",
                                    "ISO 2022 IR 13\\ISO 2022 IR 87",
                                    "\\ISO 2022 IR 149",
                                    "\\ISO 2022 IR 58"};

} // namespace

void prepareReaders() {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmDataDict.rdlock();
    dcmDataDict.rdunlock();
    // The C library unloads a conversion that nobody holds.
    static std::list<DcmSpecificCharacterSet> held;
    for (const char* name : kCharacterSets)
        static_cast<void>(held.emplace_back().selectCharacterSet(name));
}

} // namespace hilum
