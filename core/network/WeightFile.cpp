#include "core/network/WeightFile.h"

#include <ATen/ATen.h>

#include "core/network/PickleReader.h"
#include "core/network/SafeTensors.h"
#include "core/network/WeightNames.h"

namespace hilum {
namespace {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

at::ScalarType scalarType(ElementType type) {
    switch (type) {
    case ElementType::F64:
        return at::kDouble;
    case ElementType::F32:
        return at::kFloat;
    case ElementType::F16:
        return at::kHalf;
    case ElementType::BF16:
        return at::kBFloat16;
    case ElementType::I64:
        return at::kLong;
    case ElementType::I32:
        return at::kInt;
    case ElementType::I16:
        return at::kShort;
    case ElementType::I8:
        return at::kChar;
    case ElementType::U8:
        return at::kByte;
    case ElementType::Bool:
        return at::kBool;
    }
    return at::kFloat;
}

// A view that keeps the storage alive.
at::Tensor toTorch(const RawTensor& tensor) {
    const std::byte* first = tensor.storage.get() + tensor.offset * elementBytes(tensor.type);
    return at::from_blob(
        const_cast<std::byte*>(first), tensor.shape, tensor.strides, [storage = tensor.storage](void*) {},
        at::TensorOptions().dtype(scalarType(tensor.type)));
}

Result<NamedTensors> readTensors(const std::filesystem::path& file) {
    if (!looksLikePickledWeights(file))
        return readSafeTensors(file).map([](SafeTensors content) { return std::move(content.tensors); });
    return readPickledWeights(file).map([](const std::vector<RawTensor>& raw) {
        NamedTensors tensors;
        for (const RawTensor& tensor : raw)
            tensors.emplace_back(tensor.name, toTorch(tensor));
        return tensors;
    });
}

} // namespace

Result<WeightFile> readWeightFile(const std::filesystem::path& file, std::string_view network) {
    Result<NamedTensors> tensors = readTensors(file);
    if (!tensors)
        return tl::unexpected(tensors.error());
    std::vector<std::string> names;
    for (const auto& [name, tensor] : *tensors)
        names.push_back(name);
    WeightFile content{std::move(*tensors), endsWithSigmoid(names, network)};
    names = torchvisionNames(std::move(names), network);
    for (std::size_t i = 0; i < names.size(); ++i)
        content.tensors[i].first = std::move(names[i]);
    return content;
}

} // namespace hilum
