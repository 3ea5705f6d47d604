// Rows of numbers that are computed once and used in every epoch: in memory as far as a limit allows, the
// others in a file that is mapped into memory and removed at the end. Internal: shows tensors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/domain/Result.h"

namespace hilum {

class FeatureCache {
public:
    struct Options {
        std::size_t rows = 0; // that will be appended
        std::size_t memoryLimitBytes = 0;
        std::filesystem::path file; // for what is beyond the limit; one that is there is replaced
    };

    explicit FeatureCache(Options options) : m_options(std::move(options)) {}
    ~FeatureCache(); // removes the file
    FeatureCache(const FeatureCache&) = delete;
    FeatureCache& operator=(const FeatureCache&) = delete;

    // N rows more: N × F or N × C × h × w, float; the same shape every time.
    // Errors: OutOfMemory, NotWritable (no room on the disk for all rows; nothing has been written then).
    Result<void> append(const at::Tensor& rows);
    // All rows are there. Errors: NotWritable.
    Result<void> finish();

    // These rows, in this order, as they were appended (channels-last where they have four dimensions).
    // Plain copies, no tensor operation. Thread-safe after finish().
    [[nodiscard]] at::Tensor rows(std::span<const std::size_t> which) const;

    [[nodiscard]] std::size_t bytes() const { return m_options.rows * m_rowBytes; }
    [[nodiscard]] std::size_t bytesOnDisk() const { return bytes() - m_inMemory * m_rowBytes; }

private:
    Options m_options;
    std::vector<std::int64_t> m_shape; // of one row
    std::size_t m_rowBytes = 0;
    std::size_t m_inMemory = 0; // the first rows
    std::size_t m_appended = 0;
    std::vector<float> m_memory;
    std::ofstream m_stream;
    at::Tensor m_mapped; // the other rows, after finish()

    Result<void> begin(const at::Tensor& rows);
    [[nodiscard]] const float* row(std::size_t index) const;
};

} // namespace hilum
