#include "core/sandbox/FilmMessage.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "core/image/DicomAttributes.h"
#include "core/image/RadiographReader.h"

namespace hilum {
namespace {

constexpr std::uint32_t kMaxElements = 100'000; // of a list
constexpr std::uint32_t kMaxTextBytes = 1U << 20U;

// ---- fields ----------------------------------------------------------------------------------------------

// Every member of what makes up a film, named once for both directions. The bindings take all of them: a new
// member does not compile until it is named here too.

template <class T, class U>
concept SameAs = std::is_same_v<std::remove_const_t<T>, U>;

template <class Archive, SameAs<PixelSpacing> T>
void transfer(Archive& archive, T& spacing) {
    auto& [rowMm, columnMm, source] = spacing;
    archive(rowMm, columnMm, source);
}

template <class Archive, SameAs<LookupTable> T>
void transfer(Archive& archive, T& table) {
    auto& [first, bits, entries] = table;
    archive(first, bits, entries);
}

template <class Archive, SameAs<Window> T>
void transfer(Archive& archive, T& window) {
    auto& [center, width, function, explanation, table] = window;
    archive(center, width, function, explanation, table);
}

template <class Archive, SameAs<PixelPadding> T>
void transfer(Archive& archive, T& padding) {
    auto& [storedLow, storedHigh] = padding;
    archive(storedLow, storedHigh);
}

template <class Archive, SameAs<FilmOverlay> T>
void transfer(Archive& archive, T& overlay) {
    auto& [label, leftPx, topPx, widthPx, heightPx, bits] = overlay;
    archive(label, leftPx, topPx, widthPx, heightPx, bits);
}

template <class Archive, SameAs<FilmHeader> T>
void transfer(Archive& archive, T& header) {
    auto& [name, id, sex, age, date, time, modality, bodyPart, viewPosition, study, series] = header;
    archive(name, id, sex, age, date, time, modality, bodyPart, viewPosition, study, series);
}

template <class Archive, SameAs<FilmSource> T>
void transfer(Archive& archive, T& source) {
    // The file is the reader's business.
    auto& [file, format, encoding, photometric, frame, frameCount, warnings] = source;
    archive(format, encoding, photometric, frame, frameCount, warnings);
}

template <class Archive, SameAs<Radiograph> T>
void transfer(Archive& archive, T& film) {
    auto& [widthPx, heightPx, pixels, bitsStored, storedMin, storedMax, polarity, slope, intercept, table,
           type, windows, padding, overlays, spacing, header, source] = film; // pixels travel apart
    archive(widthPx, heightPx, bitsStored, storedMin, storedMax, polarity, slope, intercept, table, type,
            windows, padding, overlays, spacing, header, source);
}

template <class Archive, SameAs<Error> T>
void transfer(Archive& archive, T& error) {
    auto& [code, message, context] = error;
    archive(code, message, context);
}

// The enumerator with the largest value.
constexpr VoiFunction lastOf(VoiFunction) { return VoiFunction::Table; }
constexpr Polarity lastOf(Polarity) { return Polarity::Inverted; }
constexpr ErrorCode lastOf(ErrorCode) { return ErrorCode::Internal; }

// ---- bytes -----------------------------------------------------------------------------------------------

class Writer {
public:
    template <class... T>
    void operator()(const T&... values) {
        (put(values), ...);
    }
    std::vector<std::uint8_t> take() { return std::move(m_bytes); }

private:
    std::vector<std::uint8_t> m_bytes;

    void putBytes(const void* data, std::size_t count) {
        const auto* bytes = static_cast<const std::uint8_t*>(data);
        m_bytes.insert(m_bytes.end(), bytes, bytes + count);
    }
    template <class T>
    void put(const T& value) {
        if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
            putBytes(&value, sizeof value);
        else
            transfer(*this, value);
    }
    void put(const std::string& text) {
        put(static_cast<std::uint32_t>(text.size()));
        putBytes(text.data(), text.size());
    }
    template <class T>
    void put(const std::vector<T>& list) {
        put(static_cast<std::uint32_t>(list.size()));
        if constexpr (std::is_arithmetic_v<T>)
            putBytes(list.data(), list.size() * sizeof(T));
        else
            for (const T& element : list)
                put(element);
    }
    template <class T>
    void put(const std::shared_ptr<const T>& value) {
        put(value != nullptr);
        if (value)
            put(*value);
    }
    template <class T>
    void put(const std::optional<T>& value) {
        put(value.has_value());
        if (value)
            put(*value);
    }
};

// Once something is wrong, everything that follows stays as it was.
class Reader {
public:
    explicit Reader(std::span<const std::uint8_t> bytes) : m_bytes(bytes) {}

    template <class... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    [[nodiscard]] bool isAtEnd() const { return m_good && m_bytes.empty(); }

private:
    std::span<const std::uint8_t> m_bytes;
    bool m_good = true;

    // Null where they are not there.
    const std::uint8_t* getBytes(std::size_t count) {
        m_good = m_good && count <= m_bytes.size();
        if (!m_good)
            return nullptr;
        const std::uint8_t* bytes = m_bytes.data();
        m_bytes = m_bytes.subspan(count);
        return bytes;
    }
    template <class T>
    void get(T& value) {
        if constexpr (std::is_enum_v<T>) {
            std::underlying_type_t<T> number{};
            get(number);
            m_good = m_good && number >= 0 && number <= static_cast<decltype(number)>(lastOf(T{}));
            if (m_good)
                value = static_cast<T>(number);
        } else if constexpr (std::is_arithmetic_v<T>) {
            if (const std::uint8_t* bytes = getBytes(sizeof value))
                std::memcpy(&value, bytes, sizeof value);
        } else {
            transfer(*this, value);
        }
    }
    void get(bool& value) {
        std::uint8_t byte = 0;
        get(byte);
        m_good = m_good && byte <= 1;
        value = byte == 1;
    }
    void get(std::string& text) {
        std::uint32_t count = 0;
        get(count);
        m_good = m_good && count <= kMaxTextBytes;
        if (const std::uint8_t* bytes = getBytes(count))
            text = cleanText({reinterpret_cast<const char*>(bytes), count});
    }
    template <class T>
    void get(std::vector<T>& list) {
        std::uint32_t count = 0;
        get(count);
        if constexpr (std::is_arithmetic_v<T>) {
            if (const std::uint8_t* bytes = getBytes(count * sizeof(T)); bytes != nullptr && count > 0) {
                list.resize(count);
                std::memcpy(list.data(), bytes, count * sizeof(T));
            }
        } else {
            m_good = m_good && count <= kMaxElements;
            for (std::uint32_t i = 0; m_good && i < count; ++i)
                get(list.emplace_back());
        }
    }
    template <class T>
    void get(std::shared_ptr<const T>& value) {
        bool isThere = false;
        get(isThere);
        if (!m_good || !isThere)
            return;
        auto filled = std::make_shared<T>();
        get(*filled);
        value = std::move(filled);
    }
    template <class T>
    void get(std::optional<T>& value) {
        bool isThere = false;
        get(isThere);
        if (m_good && isThere)
            get(value.emplace());
    }
};

// ---- invariants ------------------------------------------------------------------------------------------

bool isDistance(double mm) { return std::isfinite(mm) && mm > 0; }

bool isSound(const LookupTable& table) {
    return !table.entries.empty() && table.bits >= 8 && table.bits <= 16;
}

bool isSound(const FilmOverlay& overlay) {
    constexpr int kFurthest = 1 << 16;
    const auto pixels =
        static_cast<std::uint64_t>(overlay.widthPx) * static_cast<std::uint64_t>(overlay.heightPx);
    return overlay.widthPx > 0 && overlay.heightPx > 0 && overlay.widthPx < kFurthest &&
           overlay.heightPx < kFurthest && std::abs(overlay.leftPx) <= kFurthest &&
           std::abs(overlay.topPx) <= kFurthest && overlay.bits && overlay.bits->size() == (pixels + 7) / 8;
}

bool isSound(const Window& window) {
    const double least = window.function == VoiFunction::Linear ? 1 : 0;
    if ((window.function == VoiFunction::Table) != (window.table && isSound(*window.table)))
        return false;
    return std::isfinite(window.center) && std::isfinite(window.width) && window.width > 0 &&
           window.width >= least;
}

// The range is all ones in binary, so one OR over the pixels tells whether any of them is above it.
bool liesWithin(std::span<const std::uint16_t> pixels, int range) {
    std::uint16_t bits = 0;
    for (const std::uint16_t pixel : pixels)
        bits |= pixel;
    return bits <= range;
}

bool isSound(const Radiograph& film) {
    if (film.widthPx < 1 || film.heightPx < 1 || film.bitsStored < 1 || film.bitsStored > 16)
        return false;
    const auto pixels = static_cast<std::uint64_t>(film.widthPx) * static_cast<std::uint64_t>(film.heightPx);
    const int range = (1 << film.bitsStored) - 1;
    const int least = film.storedMin;
    return pixels == film.pixels->size() && pixels <= static_cast<std::uint64_t>(kMaxFilmPixels) &&
           (least == 0 || least == -(range / 2) - 1) && film.storedMax == least + range &&
           liesWithin(*film.pixels, range) && std::isfinite(film.rescaleSlope) && film.rescaleSlope != 0 &&
           std::isfinite(film.rescaleIntercept) && (!film.modalityTable || isSound(*film.modalityTable)) &&
           (!film.padding || film.padding->storedLow <= film.padding->storedHigh) && film.source.frame >= 1 &&
           film.source.frame <= film.source.frameCount &&
           std::ranges::all_of(film.overlays, [](const FilmOverlay& overlay) { return isSound(overlay); }) &&
           std::all_of(film.windows.begin(), film.windows.end(),
                       [](const Window& window) { return isSound(window); }) &&
           (!film.spacing || (isDistance(film.spacing->rowMm) && isDistance(film.spacing->columnMm)));
}

} // namespace

std::vector<std::uint8_t> describeResult(const Result<Radiograph>& film) {
    Writer writer;
    writer(film.has_value());
    if (film)
        writer(*film);
    else
        writer(film.error());
    return writer.take();
}

std::optional<Result<Radiograph>> resultFrom(std::span<const std::uint8_t> description, SharedPixels pixels) {
    Reader reader(description);
    bool isFilm = false;
    reader(isFilm);
    if (!isFilm) {
        Error error;
        reader(error);
        return reader.isAtEnd() ? std::optional<Result<Radiograph>>(tl::unexpected(std::move(error)))
                                : std::nullopt;
    }
    Radiograph film;
    reader(film);
    film.pixels = std::move(pixels);
    if (!reader.isAtEnd() || !isSound(film))
        return std::nullopt;
    return Result<Radiograph>(std::move(film));
}

} // namespace hilum
