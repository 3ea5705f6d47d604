// What stands behind the cut, for one film on a processor: logits, and Grad-CAM maps of all classes in closed
// form. A few vectors and matrices; no library needed.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/domain/Raster.h"
#include "core/graph/Graph.h"
#include "core/graph/HeadForm.h"
#include "core/model/Engine.h"
#include "core/model/TensorFile.h"
#include "core/onednn/Kernels.h"

namespace hilum {

class Head {
public:
    // Weights that are floats already are used where they are, and must outlive the head, but for a large
    // first matrix, which is turned: the rows that belong to zeros of a feature map behind a ReLU are not
    // read then. bfloat16: large matrices, whose reading takes the time, are kept in half the bytes. Empty:
    // the head has no closed form.
    static std::optional<Head> make(const Graph& graph, const TensorIndex& tensors, bool bfloat16);

    Head(Head&&) = default; // a copy would look into the other's weights
    Head& operator=(Head&&) = default;

    // featureMap: C × h × w.
    EngineOutput run(std::vector<float> featureMap, Extent extent, Explain explain) const;

private:
    Head() = default;

    // A matrix, rows × columns: of a linear layer, or of a 1×1 convolution.
    struct Matrix {
        std::vector<float> owned; // where the file's floats are not used as they are
        std::span<const float> weight;
        std::vector<Bfloat16> narrow; // instead of weight, where it is not empty
        std::vector<float> bias;
        std::size_t columns = 0;
        bool isTurned = false; // the weights lie columns × rows; then there is times() alone
        [[nodiscard]] std::size_t rows() const { return std::max(weight.size(), narrow.size()) / columns; }
        // rows: matrix · vector + bias.
        [[nodiscard]] std::vector<float> times(std::span<const float> vector) const;
        // count × columns: left · matrix, left count × rows.
        [[nodiscard]] std::vector<float> timesFromLeft(std::span<const float> left) const;
    };

    HeadForm m_form;
    Extent m_maxPool = 1; // kernel and stride; 1: none
    std::vector<Matrix> m_layers;
    std::vector<float> m_perChannel; // first matrix summed over the cells of the grid: rows × C

    [[nodiscard]] std::vector<float> camWeights(const std::vector<std::vector<float>>& slopes) const;
    [[nodiscard]] EngineOutput runPerCell(const std::vector<float>& featureMap, Extent extent,
                                          Explain explain) const;
    void sumOverGrid();
    void narrowLargeMatrices();
    void turnFirstMatrix();
};

} // namespace hilum
