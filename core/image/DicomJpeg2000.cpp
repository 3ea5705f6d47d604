// JPEG 2000 in DICOM (PS3.5 8.2.4) by OpenJPEG.
#include "core/image/DicomCodecs.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <openjpeg.h>

#include "core/image/FilmLimits.h"
#include "core/image/Jpeg2000Markers.h"
#include "core/image/JpegMarkers.h"

namespace hilum {

namespace {

// The code stream in memory, as OpenJPEG's callbacks see it, and what went wrong first.
struct Session {
    Bytes bytes;
    std::size_t position = 0;
    std::string error;
    bool sloppy = false; // the stream breaks the format's rules where no pixel depends on it
};

extern "C" {

static OPJ_SIZE_T readStream(void* target, OPJ_SIZE_T wanted, void* user) {
    auto* session = static_cast<Session*>(user);
    const std::size_t count = std::min<std::size_t>(wanted, session->bytes.size() - session->position);
    if (count == 0)
        return static_cast<OPJ_SIZE_T>(-1);
    std::memcpy(target, session->bytes.data() + session->position, count);
    session->position += count;
    return count;
}

static OPJ_OFF_T skipStream(OPJ_OFF_T count, void* user) {
    auto* session = static_cast<Session*>(user);
    const auto rest = static_cast<OPJ_OFF_T>(session->bytes.size() - session->position);
    if (count < 0 || count > rest)
        return -1;
    session->position += static_cast<std::size_t>(count);
    return count;
}

static OPJ_BOOL seekStream(OPJ_OFF_T offset, void* user) {
    auto* session = static_cast<Session*>(user);
    if (offset < 0 || static_cast<std::uint64_t>(offset) > session->bytes.size())
        return OPJ_FALSE;
    session->position = static_cast<std::size_t>(offset);
    return OPJ_TRUE;
}

// Warnings too: OpenJPEG goes on after damage and fills in what is missing. Tile-parts that some encoders
// count from 1 are no damage.
static void keepMessage(const char* message, void* user) {
    auto* session = static_cast<Session*>(user);
    if (std::strstr(message, "TPsot==TNsot") != nullptr) {
        session->sloppy = true;
        return;
    }
    if (session->error.empty()) {
        session->error = message;
        session->error.erase(std::find(session->error.begin(), session->error.end(), '\n'),
                             session->error.end());
    }
}

} // extern "C"

using Codec = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Image = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

Stream openStream(Session& session) {
    Stream stream(opj_stream_default_create(OPJ_TRUE), &opj_stream_destroy);
    if (stream == nullptr)
        throw std::bad_alloc();
    opj_stream_set_user_data(stream.get(), &session, nullptr);
    opj_stream_set_user_data_length(stream.get(), session.bytes.size());
    opj_stream_set_read_function(stream.get(), readStream);
    opj_stream_set_skip_function(stream.get(), skipStream);
    opj_stream_set_seek_function(stream.get(), seekStream);
    return stream;
}

// Null where the session tells an error.
Image decode(Session& session) {
    const Stream stream = openStream(session);
    const Codec codec(opj_create_decompress(OPJ_CODEC_J2K), &opj_destroy_codec);
    if (codec == nullptr)
        throw std::bad_alloc();
    opj_set_error_handler(codec.get(), keepMessage, &session);
    opj_set_warning_handler(codec.get(), keepMessage, &session);
    opj_dparameters_t parameters;
    opj_set_default_decoder_parameters(&parameters);
    opj_image_t* raw = nullptr;
    const bool begun = opj_setup_decoder(codec.get(), &parameters) != OPJ_FALSE &&
                       opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE) != OPJ_FALSE &&
                       opj_read_header(stream.get(), codec.get(), &raw) != OPJ_FALSE;
    Image image(raw, &opj_image_destroy);
    const bool done = begun && opj_decode(codec.get(), stream.get(), image.get()) != OPJ_FALSE &&
                      opj_end_decompress(codec.get(), stream.get()) != OPJ_FALSE;
    if (!done && session.error.empty())
        session.error = "OpenJPEG gives no reason";
    return image;
}

// A decoded value as the data set declares it. Where stream and data set differ in signedness, the bits of
// the sample count. Lossy coding may overshoot the stored bits: such values are clamped, not wrapped round.
class StoredBits {
public:
    StoredBits(const Jpeg2000Info& info, const DicomPixelFormat& format)
        : m_shift(format.lowBit), m_wrap(format.isSigned && !info.isSigned ? 1 << info.precisionBits : 0),
          m_largest((1 << (format.bitsStored - (format.isSigned ? 1 : 0))) - 1),
          m_smallest(format.isSigned ? -m_largest - 1 : 0) {}

    std::uint16_t operator()(OPJ_INT32 value) {
        if (m_wrap != 0 && value >= m_wrap / 2)
            value -= m_wrap;
        const int clamped = std::clamp(value >> m_shift, m_smallest, m_largest);
        m_clamped |= clamped != value >> m_shift;
        return static_cast<std::uint16_t>(clamped << m_shift);
    }
    [[nodiscard]] bool sawClamped() const { return m_clamped; }

private:
    int m_shift;
    int m_wrap;
    int m_largest;
    int m_smallest;
    bool m_clamped = false;
};

// Planes of two-byte samples in little endian.
Result<DicomFrame> frameOf(const opj_image_t& image, const Jpeg2000Info& info,
                           const DicomPixelFormat& format) {
    DicomFrame frame;
    frame.colour = format.colour();
    frame.bytesPerSample = 2;
    frame.planar = true;
    const auto count = static_cast<std::size_t>(format.pixelCount());
    frame.owned.resize(2 * count * static_cast<std::size_t>(format.samplesPerPixel));
    StoredBits stored(info, format);
    std::uint8_t* target = frame.owned.data();
    for (OPJ_UINT32 i = 0; i < static_cast<OPJ_UINT32>(format.samplesPerPixel); ++i) {
        const opj_image_comp_t& component = image.comps[i];
        if (component.data == nullptr || component.w != info.widthPx || component.h != info.heightPx)
            return damagedImage("the JPEG 2000 data do not fill the picture", kPixelDataTag);
        for (std::size_t k = 0; k < count; ++k, target += 2) {
            const std::uint16_t value = stored(component.data[k]);
            target[0] = static_cast<std::uint8_t>(value & 0xFFU);
            target[1] = static_cast<std::uint8_t>(value >> 8U);
        }
    }
    if (stored.sawClamped())
        frame.warnings.emplace_back(kBeyondStoredBits);
    return frame;
}

} // namespace

Result<DicomFrame> jpeg2000Frame(Bytes stream, const DicomPixelFormat& format) {
    const auto info = scanJpeg2000Markers(stream);
    if (!info)
        return tl::unexpected(info.error());
    if (auto good = checkCodeStream(
            {info->widthPx, info->heightPx, info->components, info->precisionBits, info->isSigned}, format);
        !good)
        return tl::unexpected(good.error());
    const std::uint64_t samples = format.pixelCount() * static_cast<std::uint64_t>(format.samplesPerPixel);
    if (auto size = checkDecodeBytes(stream.size() + info->workBytes + 2 * samples + 2 * format.pixelCount());
        !size)
        return tl::unexpected(size.error());
    Session session{info->codeStream, 0, {}, false};
    const Image image = decode(session);
    if (!session.error.empty())
        return damagedImage("the JPEG 2000 data cannot be decoded: " + session.error, kPixelDataTag);
    auto frame = frameOf(*image, *info, format);
    if (frame && session.sloppy)
        frame->warnings.emplace_back(kSloppyJpeg);
    return frame;
}

} // namespace hilum
