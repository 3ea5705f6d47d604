// Weights out of the two containers of torch.save(): the zip file, and the one before PyTorch 1.6 (five
// pickles, then the storages). The pickle inside is read by core/network/Pickle, which executes nothing;
// neither is anything unpacked to disk. Torch-free; thread-safe.
#pragma once

#include <filesystem>
#include <vector>

#include "core/domain/Result.h"
#include "core/network/RawTensor.h"

namespace hilum {

// True where a file begins like one of the two; its name does not count.
bool looksLikePickledWeights(const std::filesystem::path& file);

// The tensors of a state dictionary, by name, in the file's order. It is the object in the file, or what a
// checkpoint keeps under "state_dict", "model_state_dict" or "model". Only their storages are read, each
// once, after its size was checked against the file's. Errors: NotFound, NotReadable, UnsupportedFormat
// (neither container, TorchScript, a big-endian machine's file), BadModelFile (what is refused, with opcode
// and offset where it is in the pickle), TooLarge.
Result<std::vector<RawTensor>> readPickledWeights(const std::filesystem::path& file);

} // namespace hilum
