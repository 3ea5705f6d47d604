#include "core/image/ImageWriter.h"

#include <cassert>
#include <vector>

#include <opencv2/core.hpp>
// After core.hpp.
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/storage/AtomicFile.h"

namespace hilum {

namespace {

// OpenCV only reads from the header that is laid over the pixels.
template <class T>
cv::Mat over(const std::vector<T>& values, int widthPx, int heightPx, int type) {
    assert(!values.empty());
    return {heightPx, widthPx, type, const_cast<T*>(values.data())};
}

// Empty where OpenCV fails. Three channels are red, green, blue.
std::string encode(const cv::Mat& image, const char* extension) {
    try {
        cv::Mat bgr; // not over the caller's pixels
        if (image.channels() == 3)
            cv::cvtColor(image, bgr, cv::COLOR_RGB2BGR);
        std::vector<std::uint8_t> bytes;
        if (!cv::imencode(extension, bgr.empty() ? image : bgr, bytes))
            return {};
        return {bytes.begin(), bytes.end()};
    } catch (const cv::Exception&) {
        return {};
    }
}

Result<void> writeEncoded(const std::string& bytes, const std::filesystem::path& file) {
    if (bytes.empty())
        return fail(ErrorCode::Internal, "The picture could not be encoded.", file.string());
    return writeFileAtomically(file, bytes);
}

} // namespace

std::string encodePng(const Raster<std::uint8_t>& image) {
    assert(image.channels == 1 || image.channels == 3);
    return encode(over(image.values, image.widthPx, image.heightPx, CV_8UC(image.channels)), ".png");
}

Result<void> writePng(const Raster<std::uint8_t>& image, const std::filesystem::path& file) {
    return writeEncoded(encodePng(image), file);
}

Result<void> writeStoredValuesPng(const Radiograph& film, const std::filesystem::path& file) {
    std::vector<std::uint16_t> stored(film.pixels->begin(), film.pixels->end());
    for (std::uint16_t& value : stored)
        value = static_cast<std::uint16_t>(film.storedValue(value) - film.storedMin);
    return writeEncoded(encode(over(stored, film.widthPx, film.heightPx, CV_16UC1), ".png"), file);
}

Result<void> writeFloatTiff(const FloatImage& image, const std::filesystem::path& file) {
    assert(image.channels == 1);
    return writeEncoded(encode(over(image.values, image.widthPx, image.heightPx, CV_32FC1), ".tiff"), file);
}

} // namespace hilum
