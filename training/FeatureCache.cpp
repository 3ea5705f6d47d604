#include "training/FeatureCache.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace hilum {
namespace {

constexpr std::size_t kDiskReserve = std::size_t{256} << 20; // left to everybody else

at::MemoryFormat formatOf(std::size_t dimensions) {
    return dimensions == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

std::string gigabytes(std::size_t bytes) {
    const auto tenths = (bytes + (std::size_t{1} << 26)) * 10 >> 30;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

} // namespace

FeatureCache::~FeatureCache() {
    m_stream.close();
    m_mapped.reset();
    if (bytesOnDisk() > 0) {
        std::error_code ignored;
        std::filesystem::remove(m_options.file, ignored);
    }
}

Result<void> FeatureCache::begin(const at::Tensor& rows) {
    m_shape.assign(rows.sizes().begin() + 1, rows.sizes().end());
    m_rowBytes = static_cast<std::size_t>(rows[0].numel()) * sizeof(float);
    m_inMemory = std::min(m_options.rows, m_options.memoryLimitBytes / m_rowBytes);
    m_memory.reserve(m_inMemory * m_rowBytes / sizeof(float));
    if (bytesOnDisk() == 0)
        return {};
    std::error_code error;
    const auto space = std::filesystem::space(m_options.file.parent_path(), error);
    if (!error && space.available < bytesOnDisk() + kDiskReserve)
        return fail(ErrorCode::NotWritable,
                    "The features of the frozen part need " + gigabytes(bytesOnDisk()) +
                        " on the disk, where " + gigabytes(space.available) +
                        " are free; a larger memory limit or no cache helps.",
                    m_options.file.string());
    m_stream.open(m_options.file, std::ios::binary | std::ios::trunc);
    return {};
}

Result<void> FeatureCache::append(const at::Tensor& rows) {
    if (m_rowBytes == 0) {
        if (auto begun = begin(rows); !begun)
            return begun;
    }
    const at::Tensor dense = rows.contiguous(formatOf(static_cast<std::size_t>(rows.dim())));
    const auto count = static_cast<std::size_t>(dense.size(0));
    const std::size_t toMemory = std::min(count, m_inMemory - std::min(m_inMemory, m_appended));
    const float* const values = dense.data_ptr<float>();
    const std::size_t rowFloats = m_rowBytes / sizeof(float);
    m_memory.insert(m_memory.end(), values, values + toMemory * rowFloats);
    if (count > toMemory) {
        m_stream.write(reinterpret_cast<const char*>(values + toMemory * rowFloats),
                       static_cast<std::streamsize>((count - toMemory) * m_rowBytes));
        if (!m_stream)
            return fail(ErrorCode::NotWritable, "The features of the frozen part cannot be written.",
                        m_options.file.string());
    }
    m_appended += count;
    return {};
}

Result<void> FeatureCache::finish() {
    if (bytesOnDisk() == 0)
        return {};
    m_stream.close();
    if (!m_stream)
        return fail(ErrorCode::NotWritable, "The features of the frozen part cannot be written.",
                    m_options.file.string());
    m_mapped = at::from_file(m_options.file.string(), /*shared=*/false,
                             static_cast<std::int64_t>(bytesOnDisk() / sizeof(float)), at::kFloat);
    return {};
}

const float* FeatureCache::row(std::size_t index) const {
    const std::size_t rowFloats = m_rowBytes / sizeof(float);
    return index < m_inMemory ? m_memory.data() + index * rowFloats
                              : m_mapped.data_ptr<float>() + (index - m_inMemory) * rowFloats;
}

at::Tensor FeatureCache::rows(std::span<const std::size_t> which) const {
    std::vector<std::int64_t> shape{static_cast<std::int64_t>(which.size())};
    shape.insert(shape.end(), m_shape.begin(), m_shape.end());
    at::Tensor result = at::empty(shape, at::kFloat, formatOf(shape.size()));
    float* out = result.data_ptr<float>();
    for (const std::size_t index : which)
        out = std::copy_n(row(index), m_rowBytes / sizeof(float), out);
    return result;
}

} // namespace hilum
