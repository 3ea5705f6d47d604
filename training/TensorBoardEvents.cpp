#include "training/TensorBoardEvents.h"

#include <array>
#include <optional>

#include "core/export/ProtoMessage.h"

namespace hilum {
namespace {

// Fields of event.proto and summary.proto.
enum EventField { WallTime = 1, Step = 2, FileVersion = 3, SummaryOfEvent = 5 };
enum SummaryField { ValueOfSummary = 1 };
enum ValueField { Tag = 1, SimpleValue = 2 };

constexpr std::uint32_t kCastagnoli = 0x82F63B78U; // the polynomial, reversed
constexpr std::uint32_t kMaskDelta = 0xA282EAD8U;

constexpr std::array<std::uint32_t, 256> makeTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1U) ^ ((value & 1U) != 0 ? kCastagnoli : 0U);
        table[byte] = value;
    }
    return table;
}
constexpr std::array<std::uint32_t, 256> kTable = makeTable();

template <class Number>
std::string littleEndian(Number value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes += static_cast<char>((value >> (8 * i)) & 0xFFU);
    return bytes;
}

// length, its checksum, the bytes, their checksum.
std::string recordOf(const ProtoMessage& message) {
    std::string data;
    for (const std::string_view part : message.parts())
        data += part;
    const std::string length = littleEndian(static_cast<std::uint64_t>(data.size()));
    return length + littleEndian(maskedCrc32c(length)) + data + littleEndian(maskedCrc32c(data));
}

void addValue(ProtoMessage& summary, std::string_view tag, std::optional<double> value) {
    if (!value)
        return;
    ProtoMessage entry;
    entry.addText(Tag, tag);
    entry.addFloat(SimpleValue, static_cast<float>(*value));
    summary.addMessage(ValueOfSummary, std::move(entry));
}

ProtoMessage eventOf(const EpochRecord& epoch, double wallTime) {
    ProtoMessage summary;
    addValue(summary, "loss/train", epoch.trainLoss);
    addValue(summary, "accuracy/train", epoch.trainAccuracy);
    addValue(summary, "loss/validation", epoch.validationLoss);
    addValue(summary, "accuracy/validation", epoch.validationAccuracy);
    addValue(summary, "learning_rate", epoch.learningRate);
    addValue(summary, "images_per_second", epoch.imagesPerSecond);
    ProtoMessage event;
    event.addDouble(WallTime, wallTime);
    event.addNumber(Step, epoch.epoch);
    event.addMessage(SummaryOfEvent, std::move(summary));
    return event;
}

} // namespace

std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t value = 0xFFFFFFFFU;
    for (const char byte : bytes)
        value = kTable[(value ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (value >> 8U);
    return ~value;
}

std::uint32_t maskedCrc32c(std::string_view bytes) {
    const std::uint32_t value = crc32c(bytes);
    return ((value >> 15U) | (value << 17U)) + kMaskDelta;
}

std::string tensorBoardEvents(const std::vector<EpochRecord>& history, double startUnixSeconds) {
    ProtoMessage version;
    version.addDouble(WallTime, startUnixSeconds);
    version.addText(FileVersion, "brain.Event:2");
    std::string file = recordOf(version);
    double wallTime = startUnixSeconds;
    for (const EpochRecord& epoch : history) {
        wallTime += epoch.seconds;
        file += recordOf(eventOf(epoch, wallTime));
    }
    return file;
}

} // namespace hilum
