#include "training/Checkpoint.h"

#include <charconv>

#include "core/network/SafeTensors.h"

namespace hilum {
namespace {

constexpr const char* kVersionKey = "hilum.checkpoint";
constexpr const char* kVersion = "1";

} // namespace

Result<void> writeCheckpoint(const std::filesystem::path& file, const Checkpoint& checkpoint) {
    return writeSafeTensors(file, {{{"format", "pt"},
                                    {kVersionKey, kVersion},
                                    {"epoch", std::to_string(checkpoint.epoch)},
                                    {"config", checkpoint.configJson},
                                    {"history", checkpoint.historyCsv}},
                                   checkpoint.weights});
}

Result<Checkpoint> readCheckpoint(const std::filesystem::path& file) {
    auto content = readSafeTensors(file);
    if (!content)
        return tl::unexpected(content.error());
    auto& metadata = content->metadata;
    if (!metadata.contains(kVersionKey))
        return fail(ErrorCode::BadModelFile, "The file is not a checkpoint of a training.", file.string());
    if (metadata[kVersionKey] != kVersion)
        return fail(ErrorCode::UnsupportedVersion, "The checkpoint was written by another version of Hilum.",
                    file.string());
    Checkpoint checkpoint;
    const std::string& epoch = metadata["epoch"];
    const auto [end, error] = std::from_chars(epoch.data(), epoch.data() + epoch.size(), checkpoint.epoch);
    if (error != std::errc{} || end != epoch.data() + epoch.size())
        return fail(ErrorCode::BadModelFile, "The checkpoint does not say its epoch.", file.string());
    checkpoint.configJson = metadata["config"];
    checkpoint.historyCsv = metadata["history"];
    checkpoint.weights = std::move(content->tensors);
    return checkpoint;
}

} // namespace hilum
