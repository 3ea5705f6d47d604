#include "core/onednn/Head.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace hilum {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20; // weights

// Where PyTorch's adaptive pooling begins and ends the window of one cell.
std::pair<int, int> window(int cell, int cells, int size) {
    return {cell * size / cells, ((cell + 1) * size + cells - 1) / cells};
}

// C × h × w -> C × grid.
std::vector<float> adaptivelyPooled(const std::vector<float>& map, Extent extent, Extent grid) {
    const auto pixels = static_cast<std::size_t>(extent.area());
    std::vector<float> pooled;
    for (std::size_t first = 0; first < map.size(); first += pixels) {
        for (int row = 0; row < grid.height; ++row) {
            const auto [top, bottom] = window(row, grid.height, extent.height);
            for (int column = 0; column < grid.width; ++column) {
                const auto [left, right] = window(column, grid.width, extent.width);
                float sum = 0;
                for (int y = top; y < bottom; ++y) {
                    const float* begin = map.data() + first + static_cast<std::size_t>(y * extent.width);
                    sum = std::accumulate(begin + left, begin + right, sum);
                }
                pooled.push_back(sum / static_cast<float>((bottom - top) * (right - left)));
            }
        }
    }
    return pooled;
}

void rectify(std::vector<float>& values) {
    for (float& value : values)
        value = std::max(value, 0.0F);
}

// Per channel, the part of the cells that is above zero.
std::vector<float> openFractions(const std::vector<float>& map, std::size_t pixels) {
    std::vector<float> fractions;
    for (auto first = map.begin(); first != map.end(); first += static_cast<std::ptrdiff_t>(pixels)) {
        const auto open = std::count_if(first, first + static_cast<std::ptrdiff_t>(pixels), [](float v) { return v > 0; });
        fractions.push_back(static_cast<float>(open) / static_cast<float>(pixels));
    }
    return fractions;
}

// relu(Σ_c weights[k][c] / cells × map[c]) for every k.
std::vector<FloatImage> mapsOf(const std::vector<float>& weights, const std::vector<float>& map, Extent extent) {
    const auto pixels = static_cast<std::size_t>(extent.area());
    const std::size_t channels = map.size() / pixels;
    std::vector<FloatImage> maps;
    for (std::size_t first = 0; first < weights.size(); first += channels) {
        FloatImage image(extent.width, extent.height);
        multiplyTransposed(map.data(), std::span(weights).subspan(first, channels), channels, pixels, image.values);
        for (float& value : image.values)
            value = std::max(value / static_cast<float>(pixels), 0.0F);
        maps.push_back(std::move(image));
    }
    return maps;
}

} // namespace

std::vector<float> Head::Matrix::times(std::span<const float> vector) const {
    std::vector<float> result(rows());
    if (narrow.empty())
        multiply(weight.data(), vector, bias, result);
    else
        multiply(narrow.data(), vector, bias, result);
    return result;
}

std::vector<float> Head::Matrix::timesFromLeft(std::span<const float> left) const {
    std::vector<float> result(left.size() / rows() * columns);
    if (narrow.empty())
        multiplyTransposed(weight.data(), left, rows(), columns, result);
    else
        multiplyTransposed(narrow.data(), left, rows(), columns, result);
    return result;
}

std::optional<Head> Head::make(const Graph& graph, const TensorIndex& tensors, bool bfloat16) {
    const std::optional<HeadForm> form = closedHeadForm(graph);
    if (!form)
        return std::nullopt;
    Head head;
    head.m_form = *form;
    const auto addMatrix = [&](const auto& layer) {
        const TensorView& weight = *tensors.at(layer.name + ".weight");
        Matrix matrix;
        matrix.columns = static_cast<std::size_t>(layer.in);
        const bool usable = weight.type == TensorType::F32 &&
                            reinterpret_cast<std::uintptr_t>(weight.bytes.data()) % alignof(float) == 0;
        if (usable) {
            matrix.weight = {reinterpret_cast<const float*>(weight.bytes.data()), weight.elements()};
        } else {
            matrix.owned = toFloats(weight);
            matrix.weight = matrix.owned;
        }
        if (layer.bias != Bias::None)
            matrix.bias = toFloats(*tensors.at(layer.name + ".bias"));
        head.m_layers.push_back(std::move(matrix));
    };
    for (const NodeId id : form->linears)
        addMatrix(*graph.as<op::Linear>(id));
    if (form->convolution != kNoNode)
        addMatrix(*graph.as<op::Convolution>(form->convolution));
    head.sumOverGrid();
    if (bfloat16)
        head.narrowLargeMatrices();
    return head;
}

void Head::narrowLargeMatrices() {
    for (Matrix& matrix : m_layers) {
        if (&matrix == &m_layers.back() || matrix.weight.size() < kLarge)
            continue;
        matrix.narrow = narrowed(matrix.weight);
        matrix.weight = {};
        std::vector<float>().swap(matrix.owned); // gives its memory back
    }
}

void Head::sumOverGrid() {
    const auto cells = static_cast<std::ptrdiff_t>(m_form.grid.area());
    if (cells == 1)
        return;
    const std::span<const float> weight = m_layers.front().weight;
    m_perChannel.resize(weight.size() / static_cast<std::size_t>(cells));
    const auto sums = static_cast<std::ptrdiff_t>(m_perChannel.size());
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t i = 0; i < sums; ++i) {
        const auto first = weight.begin() + i * cells;
        m_perChannel[static_cast<std::size_t>(i)] = std::accumulate(first, first + cells, 0.0F);
    }
}

// With δ the gradient behind a layer and [·] the ReLU's mask: δ_last = W_last, δ_i = (δ_(i+1) [h > 0]) W_i; the
// first matrix summed over the cells of the grid (Network::closedForm says why).
std::vector<float> Head::camWeights(const std::vector<std::vector<float>>& hidden) const {
    std::vector<float> delta(m_layers.back().weight.begin(), m_layers.back().weight.end());
    if (m_layers.size() == 1)
        return m_perChannel.empty() ? delta : m_perChannel;
    const std::size_t labels = m_layers.back().rows();
    for (std::size_t layer = m_layers.size() - 1; layer-- > 0;) {
        const std::vector<float>& outputs = hidden[layer];
        for (std::size_t i = 0; i < delta.size(); ++i)
            delta[i] = outputs[i % outputs.size()] > 0 ? delta[i] : 0;
        if (layer > 0 || m_perChannel.empty()) {
            delta = m_layers[layer].timesFromLeft(delta);
            continue;
        }
        const std::size_t rows = outputs.size(), columns = m_perChannel.size() / rows;
        std::vector<float> next(labels * columns);
        multiplyTransposed(m_perChannel.data(), delta, rows, columns, next);
        delta = std::move(next);
    }
    return delta;
}

// Network::perCellForm says why.
EngineOutput Head::runPerCell(const std::vector<float>& featureMap, Extent extent, Explain explain) const {
    const auto pixels = static_cast<std::size_t>(extent.area());
    const Matrix& layer = m_layers.front();
    std::vector<float> perCell(layer.rows() * pixels);
    multiplyTransposed(featureMap.data(), layer.weight, layer.columns, pixels, perCell);
    for (std::size_t i = 0; i < perCell.size() && !layer.bias.empty(); ++i)
        perCell[i] += layer.bias[i / pixels];
    const std::vector<float> open = openFractions(perCell, pixels);
    rectify(perCell);
    EngineOutput output{adaptivelyPooled(perCell, extent, 1), {}};
    if (explain == Explain::No)
        return output;
    std::vector<float> weights(layer.weight.begin(), layer.weight.end());
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] *= open[i / layer.columns];
    output.maps = mapsOf(weights, featureMap, extent);
    return output;
}

EngineOutput Head::run(std::vector<float> featureMap, Extent extent, Explain explain) const {
    if (m_form.convolution != kNoNode)
        return runPerCell(featureMap, extent, explain);
    const auto pixels = static_cast<std::size_t>(extent.area());
    std::vector<float> open;
    if (m_form.rectified) {
        open = openFractions(featureMap, pixels);
        rectify(featureMap);
    }
    std::vector<float> x = adaptivelyPooled(featureMap, extent, m_form.grid);
    std::vector<std::vector<float>> hidden;
    for (const Matrix& layer : m_layers) {
        x = layer.times(x);
        if (&layer != &m_layers.back()) {
            rectify(x);
            hidden.push_back(x);
        }
    }
    EngineOutput output{std::move(x), {}};
    if (explain == Explain::No)
        return output;
    std::vector<float> weights = camWeights(hidden);
    for (std::size_t i = 0; i < weights.size() && !open.empty(); ++i)
        weights[i] *= open[i % open.size()];
    output.maps = mapsOf(weights, featureMap, extent);
    return output;
}

} // namespace hilum
