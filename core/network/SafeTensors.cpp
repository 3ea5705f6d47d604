#include "core/network/SafeTensors.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <ATen/ATen.h>

#include "core/model/TensorFile.h"

namespace hilum {
namespace {

namespace fs = std::filesystem;

struct TypePair {
    TensorType file;
    at::ScalarType torch;
};
constexpr std::array<TypePair, 7> kTypes{{{TensorType::F64, at::kDouble},
                                          {TensorType::I64, at::kLong},
                                          {TensorType::F32, at::kFloat},
                                          {TensorType::I32, at::kInt},
                                          {TensorType::F16, at::kHalf},
                                          {TensorType::BF16, at::kBFloat16},
                                          {TensorType::U8, at::kByte}}};

} // namespace

at::Tensor toTorch(const TensorView& view) {
    const auto type = std::ranges::find(kTypes, view.type, &TypePair::file);
    at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(type->torch));
    if (!view.bytes.empty())
        std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
    return tensor;
}

Result<void> writeSafeTensors(const fs::path& file, const SafeTensors& content) {
    std::vector<at::Tensor> kept; // what the views look into
    std::vector<TensorView> views;
    for (const auto& [name, tensor] : content.tensors) {
        const auto type = std::ranges::find(kTypes, tensor.scalar_type(), &TypePair::torch);
        if (type == kTypes.end())
            return fail(ErrorCode::InvalidArgument, "Tensor '" + name + "' has a type that safetensors lack.",
                        file.string());
        const at::Tensor plain = kept.emplace_back(tensor.detach().to(at::kCPU).contiguous());
        views.push_back({name,
                         type->file,
                         plain.sizes().vec(),
                         {static_cast<const std::byte*>(plain.data_ptr()), plain.nbytes()}});
    }
    return writeTensorFile(file, content.metadata, views);
}

Result<SafeTensors> readSafeTensors(const fs::path& file) {
    Result<TensorFile> opened = openTensorFile(file);
    if (!opened)
        return tl::unexpected(opened.error());
    SafeTensors content{std::move(opened->metadata), {}};
    try {
        for (const TensorView& view : opened->tensors)
            content.tensors.emplace_back(view.name, toTorch(view));
    } catch (const std::exception&) { // c10::Error, std::bad_alloc
        return fail(ErrorCode::TooLarge, "There is not enough memory for the file's tensors.", file.string());
    }
    return content;
}

Result<std::map<std::string, std::string>> readSafeTensorsMetadata(const fs::path& file) {
    return openTensorFile(file).map([](TensorFile content) { return std::move(content.metadata); });
}

} // namespace hilum
