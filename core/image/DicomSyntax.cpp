#include "core/image/DicomSyntax.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace hilum {

namespace {

// A UID from the file, fit for a message.
std::string safeUid(std::string_view uid) {
    const bool valid =
        !uid.empty() && uid.size() <= 64 && uid.find_first_not_of("0123456789.") == std::string_view::npos;
    return valid ? std::string(uid) : "not a valid UID";
}

const std::array<DicomSyntax, 15>& knownSyntaxes() {
    constexpr DicomEncoding kImplicit{false, ByteOrder::Little};
    constexpr DicomEncoding kExplicit{true, ByteOrder::Little};
    constexpr DicomEncoding kBig{true, ByteOrder::Big};
    using enum DicomCodec;
    static const std::array<DicomSyntax, 15> kSyntaxes{{
        {UID_LittleEndianImplicitTransferSyntax, "uncompressed", kImplicit, Native},
        {UID_LittleEndianExplicitTransferSyntax, "uncompressed", kExplicit, Native},
        {UID_BigEndianExplicitTransferSyntax, "uncompressed", kBig, Native},
        {UID_DeflatedExplicitVRLittleEndianTransferSyntax, "deflated", kExplicit, Native, true},
        {UID_RLELosslessTransferSyntax, "RLE Lossless", kExplicit, Rle},
        {UID_JPEGProcess1TransferSyntax, "JPEG Baseline", kExplicit, Jpeg},
        {UID_JPEGProcess2_4TransferSyntax, "JPEG Extended", kExplicit, Jpeg},
        {UID_JPEGProcess6_8TransferSyntax, "JPEG Spectral Selection", kExplicit, Jpeg},
        {UID_JPEGProcess10_12TransferSyntax, "JPEG Progressive", kExplicit, Jpeg},
        {UID_JPEGProcess14TransferSyntax, "JPEG Lossless", kExplicit, Jpeg},
        {UID_JPEGProcess14SV1TransferSyntax, "JPEG Lossless", kExplicit, Jpeg},
        {UID_JPEGLSLosslessTransferSyntax, "JPEG-LS Lossless", kExplicit, JpegLs},
        {UID_JPEGLSLossyTransferSyntax, "JPEG-LS Near-lossless", kExplicit, JpegLs},
        {UID_JPEG2000LosslessOnlyTransferSyntax, "JPEG 2000 Lossless", kExplicit, Jpeg2000},
        {UID_JPEG2000TransferSyntax, "JPEG 2000", kExplicit, Jpeg2000},
    }};
    return kSyntaxes;
}

} // namespace

Result<DicomSyntax> dicomSyntax(const DicomMeta& meta) {
    if (meta.transferSyntax.empty())
        return DicomSyntax{"", "uncompressed", meta.guessed};
    const auto& known = knownSyntaxes();
    const auto found = std::ranges::find(known, meta.transferSyntax, &DicomSyntax::uid);
    if (found != known.end())
        return *found;
    const DcmXfer named(meta.transferSyntax.c_str());
    return fail(ErrorCode::UnsupportedFormat,
                "The DICOM transfer syntax is not supported: " + std::string(named.getXferName()) + " (" +
                    safeUid(meta.transferSyntax) + ").");
}

} // namespace hilum
