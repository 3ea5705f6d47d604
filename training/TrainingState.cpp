#include "training/TrainingState.h"

#include <algorithm>
#include <array>
#include <mutex>

#include <ATen/ATen.h>

#include "core/network/SafeTensors.h"

namespace hilum {
namespace {

constexpr const char* kVersionKey = "hilum.training";
constexpr const char* kVersion = "1";
constexpr const char* kRandom = "random";

struct Part {
    std::string_view prefix;
    WeightState TrainingState::*tensors;
};
constexpr std::array<Part, 4> kParts{{{"weights/", &TrainingState::weights},
                                      {"average/", &TrainingState::average},
                                      {"best/", &TrainingState::best},
                                      {"optimiser/", &TrainingState::optimiser}}};

} // namespace

Result<void> writeTrainingState(const std::filesystem::path& file, const TrainingState& state) {
    SafeTensors content;
    content.metadata = {
        {kVersionKey, kVersion}, {"data", state.dataFingerprint}, {"history", historyToCsv(state.history)}};
    for (const Part& part : kParts) {
        for (const auto& [name, tensor] : state.*part.tensors)
            content.tensors.emplace_back(std::string(part.prefix) + name, tensor);
    }
    if (state.random.defined())
        content.tensors.emplace_back(kRandom, state.random);
    return writeSafeTensors(file, content);
}

Result<TrainingState> readTrainingState(const std::filesystem::path& file) {
    auto content = readSafeTensors(file);
    if (!content)
        return tl::unexpected(content.error());
    auto& metadata = content->metadata;
    if (!metadata.contains(kVersionKey))
        return fail(ErrorCode::BadModelFile, "The file is not the state of a training.", file.string());
    if (metadata[kVersionKey] != kVersion)
        return fail(ErrorCode::UnsupportedVersion, "The state was written by another version of Hilum.",
                    file.string());
    auto history = parseHistoryCsv(metadata["history"]);
    if (!history)
        return fail(ErrorCode::BadModelFile, history.error().message, file.string());
    TrainingState state;
    state.dataFingerprint = metadata["data"];
    state.history = std::move(*history);
    for (auto& [name, tensor] : content->tensors) {
        const auto part =
            std::ranges::find_if(kParts, [&](const Part& known) { return name.starts_with(known.prefix); });
        if (part != kParts.end())
            (state.*part->tensors).emplace_back(name.substr(part->prefix.size()), std::move(tensor));
        else if (name == kRandom)
            state.random = std::move(tensor);
        else
            return fail(ErrorCode::BadModelFile, "The state holds a tensor of unknown meaning: " + name + ".",
                        file.string());
    }
    return state;
}

at::Tensor randomState(const at::Device& device) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    const std::scoped_lock lock(generator.mutex());
    return generator.get_state();
}

Result<void> setRandomState(const at::Device& device, const at::Tensor& state) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    const std::scoped_lock lock(generator.mutex());
    if (!state.defined() || state.scalar_type() != at::kByte ||
        state.sizes() != generator.get_state().sizes())
        return fail(
            ErrorCode::BadModelFile,
            "The state of the random numbers was written by another LibTorch, or for another device.");
    generator.set_state(state);
    return {};
}

} // namespace hilum
