// A run's curves as TensorBoard reads them: a file of TFRecords, each an Event of TensorFlow's event.proto.
// Pure functions; thread-safe. The format is that of tensorflow/core/lib/io/record_writer and
// tensorflow/core/util/event.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "training/TrainingProgress.h"

namespace hilum {

// The whole content of an event file: its version, then for every epoch loss/train, accuracy/train,
// loss/validation, accuracy/validation, learning_rate and images_per_second; the step is the epoch.
// startUnixSeconds: when the first epoch began; the others follow by what the epochs took.
std::string tensorBoardEvents(const std::vector<EpochRecord>& history, double startUnixSeconds);

// CRC-32C (Castagnoli; RFC 3720, section 12.1) of the bytes, and as TFRecords keep it.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t maskedCrc32c(std::string_view bytes);

} // namespace hilum
